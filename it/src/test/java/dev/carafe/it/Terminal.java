package dev.carafe.it;

import dev.carafe.engine.Container;
import dev.carafe.linux.FdStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The engine's end of a container's terminal, as a person at it would use it. */
final class Terminal {
    private Terminal() {}

    static void write(Container container, String text) throws IOException {
        OutputStream keys = FdStreams.output(container.terminal().orElseThrow());
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    /** Reads until this text was shown. */
    static void await(Container container, String text) throws IOException {
        var shown = new StringBuilder();
        InputStream screen = FdStreams.input(container.terminal().orElseThrow());
        while (shown.indexOf(text) < 0) {
            int next = screen.read();
            if (next < 0) {
                throw new AssertionError("the terminal ended: " + shown);
            }
            shown.append((char) next);
        }
    }

    /** All that is shown until the last process has closed the terminal, which reads as EIO. */
    static String readAll(Container container) {
        var shown = new ByteArrayOutputStream();
        InputStream screen = FdStreams.input(container.terminal().orElseThrow());
        byte[] buffer = new byte[4096];
        try {
            for (int n = screen.read(buffer); n >= 0; n = screen.read(buffer)) {
                shown.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // the other end is closed
        }
        return shown.toString(StandardCharsets.UTF_8);
    }
}
