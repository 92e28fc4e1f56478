package dev.carafe.cli;

import dev.carafe.engine.build.BuildListener;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows how a build goes on: a line for each event, or on a terminal a line for each step that
 * runs, with the last that it wrote, drawn anew.
 */
final class BuildProgress implements BuildListener, AutoCloseable {
    private static final int TAIL = 400;
    private static final int WIDTH = 110;
    private static final long REDRAW_NANOS = 80_000_000;

    private final Console console;
    private final boolean terminal;
    private final Map<Integer, Step> running = new LinkedHashMap<>();
    private int drawn;
    private long lastDrawn;

    /** A step that goes on. */
    private static final class Step {
        private final String title;
        private final long start = System.nanoTime();
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final StringBuilder tail = new StringBuilder();
        private String last = "";

        Step(String title) {
            this.title = title;
        }

        String seconds() {
            long tenths = (System.nanoTime() - start) / 100_000_000;
            return tenths / 10 + "." + tenths % 10;
        }
    }

    BuildProgress(Console console, boolean terminal) {
        this.console = console;
        this.terminal = terminal;
    }

    @Override
    public synchronized void started(int step, String title) {
        running.put(step, new Step(title));
        if (terminal) {
            draw(true);
        } else {
            console.note("#" + step + " " + title + "\n");
        }
    }

    @Override
    public synchronized void output(int step, int stream, byte[] bytes, int length) {
        Step one = running.get(step);
        if (one == null) {
            return;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '\n') {
                line(step, one);
            } else {
                one.line.write(bytes[i]);
            }
        }
    }

    private void line(int step, Step one) {
        String text = printable(one.line.toString(StandardCharsets.UTF_8));
        one.line.reset();
        one.last = text;
        one.tail.append(text).append('\n');
        if (terminal) {
            trim(one.tail);
            draw(false);
        } else {
            one.tail.setLength(0);
            console.note("#" + step + " " + stamp(one) + " " + text + "\n");
        }
    }

    private static void trim(StringBuilder tail) {
        if (tail.length() > 20 * TAIL) {
            int cut = tail.indexOf("\n", tail.length() - 10 * TAIL);
            tail.delete(0, cut + 1);
        }
    }

    private static String stamp(Step one) {
        long millis = (System.nanoTime() - one.start) / 1_000_000;
        String rest = Long.toString(millis % 1000);
        return millis / 1000 + "." + "000".substring(rest.length()) + rest;
    }

    /** Without what would move the cursor or change the terminal's title. */
    private static String printable(String text) {
        int from =
                text.endsWith("\r")
                        ? text.lastIndexOf('\r', text.length() - 2)
                        : text.lastIndexOf('\r');
        StringBuilder out = new StringBuilder(text.length());
        for (int i = from + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\t') {
                out.append("        ", 0, 8 - out.length() % 8);
            } else if (c == 0x1b) {
                i = escapeEnd(text, i);
            } else if (!Character.isISOControl(c)) {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** The last character of a control sequence (ECMA-48). */
    private static int escapeEnd(String text, int start) {
        int at = start + 1;
        if (at < text.length() && text.charAt(at) == '[') {
            at++;
            while (at < text.length() && (text.charAt(at) < 0x40 || text.charAt(at) > 0x7e)) {
                at++;
            }
        }
        return at;
    }

    @Override
    public synchronized void note(int step, String line) {
        if (!terminal) {
            console.note("#" + step + " " + printable(line) + "\n");
        }
    }

    @Override
    public synchronized void cached(int step) {
        end(step, "CACHED", null);
    }

    @Override
    public synchronized void done(int step) {
        Step one = running.get(step);
        end(step, "DONE " + (one == null ? "0.0" : one.seconds()) + "s", null);
    }

    @Override
    public synchronized void failed(int step, String reason) {
        Step one = running.get(step);
        String tail = one == null || !terminal ? null : one.tail.toString();
        end(step, "ERROR: " + printable(reason), tail);
    }

    private void end(int step, String what, @Nullable String tail) {
        Step one = running.remove(step);
        if (one == null) {
            return;
        }
        if (one.line.size() > 0) {
            line(step, one);
        }
        if (!terminal) {
            console.note("#" + step + " " + what + "\n");
            return;
        }
        erase();
        console.note(" => " + cut(one.title) + "  " + what + "\n");
        if (tail != null && !tail.isEmpty()) {
            console.note(tail);
        }
        draw(true);
    }

    @Override
    public synchronized void warning(String line) {
        erase();
        console.note("warning: " + printable(line) + "\n");
        draw(true);
    }

    private static String cut(String text) {
        return text.length() <= WIDTH ? text : text.substring(0, WIDTH - 3) + "...";
    }

    private void erase() {
        if (drawn > 0) {
            console.note("\u001b[" + drawn + "A\u001b[J");
            drawn = 0;
        }
    }

    private void draw(boolean now) {
        if (!terminal || !now && System.nanoTime() - lastDrawn < REDRAW_NANOS) {
            return;
        }
        erase();
        StringBuilder out = new StringBuilder();
        for (Step one : running.values()) {
            out.append(" -> ")
                    .append(cut(one.title))
                    .append("  ")
                    .append(one.seconds())
                    .append("s\n");
            drawn++;
            if (!one.last.isEmpty()) {
                out.append("    ").append(cut(one.last)).append('\n');
                drawn++;
            }
        }
        console.note(out);
        lastDrawn = System.nanoTime();
    }

    @Override
    public synchronized void close() {
        erase();
    }
}
