package dev.carafe.engine.dockerfile;

import java.util.Arrays;
import java.util.List;

/**
 * One instruction's text with its continuation lines joined, and the way back from a character of
 * it to the place in the file. A heredoc's content is one too.
 */
public final class Line {
    private final String file;
    private final List<String> source;
    private final char escape;
    private final String text;
    private final int[] starts;
    private final Location[] places;

    private Line(Builder from) {
        this.file = from.file;
        this.source = from.source;
        this.escape = from.escape;
        this.text = from.text.toString();
        this.starts = Arrays.copyOf(from.starts, from.pieces);
        this.places = Arrays.copyOf(from.places, from.pieces);
    }

    /** The joined text. */
    public String text() {
        return text;
    }

    /** The name of the Dockerfile. */
    public String file() {
        return file;
    }

    /** The escape character in force: a backslash or a backquote. */
    public char escape() {
        return escape;
    }

    /** What follows a place in the text, as a line of its own. */
    Line from(int offset) {
        Builder builder = new Builder(file, source, escape);
        for (int i = 0; i < starts.length; i++) {
            int next = i + 1 < starts.length ? starts[i + 1] : text.length();
            int end = Math.min(next, text.length());
            int start = Math.max(starts[i], offset);
            if (start < end) {
                builder.add(text.substring(start, end), at(start));
            }
        }
        return builder.build();
    }

    /** Where a character of the text is in the file. */
    public Location at(int offset) {
        int i = Arrays.binarySearch(starts, offset);
        int piece = Math.max(0, i >= 0 ? i : -i - 2);
        Location start = places[piece];
        return new Location(start.line(), start.column() + offset - starts[piece]);
    }

    /** A mistake at a character of the text. */
    public DockerfileException error(int offset, String problem) {
        Location at = at(offset);
        return new DockerfileException(file, at, problem, source.get(at.line() - 1));
    }

    @Override
    public String toString() {
        return text;
    }

    /** Joins pieces of the file's lines. */
    static final class Builder {
        private final String file;
        private final List<String> source;
        private final char escape;
        private final StringBuilder text = new StringBuilder();
        private int[] starts = new int[4];
        private Location[] places = new Location[4];
        private int pieces;

        Builder(String file, List<String> source, char escape) {
            this.file = file;
            this.source = source;
            this.escape = escape;
        }

        /** Adds text that stands there in the file. */
        Builder add(String piece, Location at) {
            if (pieces == starts.length) {
                starts = Arrays.copyOf(starts, pieces * 2);
                places = Arrays.copyOf(places, pieces * 2);
            }
            starts[pieces] = text.length();
            places[pieces++] = at;
            text.append(piece);
            return this;
        }

        /** Drops the blanks at the end. */
        Builder trim() {
            text.setLength(Blank.end(text.toString(), 0));
            return this;
        }

        String text() {
            return text.toString();
        }

        Line build() {
            return new Line(this);
        }
    }
}
