package dev.carafe.engine.dockerfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file's lines, one after the other. Their text is without its newline. */
final class SourceLines {
    private final String file;
    private final List<String> texts = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private final List<Boolean> broken = new ArrayList<>();
    private int next;

    SourceLines(String file, byte[] utf8) {
        this.file = file;
        boolean mark =
                utf8.length >= 3
                        && utf8[0] == (byte) 0xef
                        && utf8[1] == (byte) 0xbb
                        && utf8[2] == (byte) 0xbf;
        int at = mark ? 3 : 0;
        while (at < utf8.length) {
            int end = at;
            while (end < utf8.length && utf8[end] != '\n') {
                end++;
            }
            end = Math.min(end + 1, utf8.length);
            add(Arrays.copyOfRange(utf8, at, end));
            at = end;
        }
    }

    private void add(byte[] bytes) {
        String line = new String(bytes, UTF_8);
        int end = line.length();
        while (end > 0 && (line.charAt(end - 1) == '\n' || line.charAt(end - 1) == '\r')) {
            end--;
        }
        texts.add(line.substring(0, end));
        ends.add(line.substring(end));
        broken.add(line.indexOf('\ufffd') >= 0 && !Arrays.equals(line.getBytes(UTF_8), bytes));
    }

    /** The next line's text, or null behind the last. */
    @Nullable String next() {
        return next < texts.size() ? texts.get(next++) : null;
    }

    /** The number of the line that {@link #next} gave, from 1. */
    int number() {
        return next;
    }

    /** The newline of the line that {@link #next} gave; empty when the file ends without one. */
    String newline() {
        return ends.get(next - 1);
    }

    List<String> texts() {
        return texts;
    }

    /** Refuses what no argument, path or variable can hold, in the line that {@link #next} gave. */
    void check() throws DockerfileException {
        String text = texts.get(next - 1);
        int bad = broken.get(next - 1) ? text.indexOf('\ufffd') : text.indexOf('\0');
        if (bad >= 0 || broken.get(next - 1)) {
            String what = broken.get(next - 1) ? "the line is not UTF-8" : "there is a NUL here";
            throw error(Math.max(bad, 0) + 1, what);
        }
    }

    /** A mistake in the line that {@link #next} gave, or of the file when it has none. */
    DockerfileException error(int column, String problem) {
        String text = texts.isEmpty() ? "" : texts.get(Math.max(0, next - 1));
        return new DockerfileException(
                file, new Location(Math.max(1, next), column), problem, text);
    }
}
