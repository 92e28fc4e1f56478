package dev.carafe.engine.dockerfile;

import dev.carafe.oci.OciException;
import java.io.IOException;

/**
 * A Dockerfile that can't be built as it is written. The message is one line that begins with
 * {@code file:line:column: }.
 */
public final class DockerfileException extends IOException {
    private static final long serialVersionUID = 1;

    /** How much of a source line {@link #excerpt} shows. */
    private static final int WIDTH = 120;

    private final String file;
    private final int line;
    private final int column;
    private final String problem;
    private final String sourceLine;

    DockerfileException(String file, Location at, String problem, String sourceLine) {
        super(file + ":" + at + ": " + problem);
        this.file = file;
        this.line = at.line();
        this.column = at.column();
        this.problem = problem;
        this.sourceLine = sourceLine;
    }

    /** The name that the Dockerfile was parsed under. */
    public String file() {
        return file;
    }

    /** Where the mistake is. */
    public Location location() {
        return new Location(line, column);
    }

    /** What is wrong, without the place. */
    public String problem() {
        return problem;
    }

    /**
     * Two lines for a terminal: the source line with its control characters replaced, and a caret
     * under the mistake. A long line is cut around the mistake.
     */
    public String excerpt() {
        int from = Math.max(0, Math.min(column - 1, sourceLine.length()) - WIDTH / 2);
        int to = Math.min(sourceLine.length(), from + WIDTH);
        StringBuilder out = new StringBuilder();
        for (int i = from; i < to; i++) {
            char c = sourceLine.charAt(i);
            out.append(c == '\t' ? ' ' : Character.isISOControl(c) ? '?' : c);
        }
        return out.append('\n').repeat(' ', Math.max(0, column - 1 - from)).append('^').toString();
    }

    /** Text of the Dockerfile made fit for a message. */
    static String quote(String text) {
        return OciException.quote(text);
    }
}
