package dev.carafe.engine.dockerfile;

/**
 * A word as it is written, quotes and variables included; {@link Words} gives its value.
 *
 * @param raw the word's text
 * @param line the instruction that it stands in
 * @param offset where it begins there
 * @param verbatim whether the text stands there character by character; it doesn't in a JSON array
 *     and in a flag, whose own quotes are off already
 */
public record Word(String raw, Line line, int offset, boolean verbatim) {
    /** Where the word begins in the file. */
    public Location location() {
        return line.at(offset);
    }

    /** A mistake at a character of the word, or at its begin when that can't be told. */
    public DockerfileException error(int at, String problem) {
        return line.error(verbatim ? offset + at : offset, problem);
    }

    /** A mistake of the whole word. */
    public DockerfileException error(String problem) {
        return line.error(offset, problem);
    }

    /** The text as it is written. */
    @Override
    public String toString() {
        return raw;
    }
}
