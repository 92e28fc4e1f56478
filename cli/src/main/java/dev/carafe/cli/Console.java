package dev.carafe.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard output and error, in UTF-8 whatever the locale.
 *
 * @param out what scripts read
 * @param err what people read
 */
record Console(OutputStream out, OutputStream err) {
    /** This process's own. */
    static Console standard() {
        return new Console(
                new FileOutputStream(FileDescriptor.out), new FileOutputStream(FileDescriptor.err));
    }

    /**
     * Writes to standard output. A reader that has gone away, such as {@code head}, is no error.
     */
    void print(CharSequence text) {
        write(out, text);
    }

    void println(CharSequence text) {
        print(text + "\n");
    }

    /** Writes one message for people to standard error. */
    void error(String message) {
        write(err, "carafe: " + message + "\n");
    }

    /** Writes to standard error. */
    void note(CharSequence text) {
        write(err, text);
    }

    private static void write(OutputStream to, CharSequence text) {
        try {
            to.write(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // EPIPE, or a full disk behind a redirection: nobody is left to tell
            return;
        }
    }
}
