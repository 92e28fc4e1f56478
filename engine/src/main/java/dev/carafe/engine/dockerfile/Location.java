package dev.carafe.engine.dockerfile;

/** A place in a Dockerfile: line and column, both from 1; the column counts characters. */
public record Location(int line, int column) implements Comparable<Location> {
    @Override
    public int compareTo(Location other) {
        int byLine = Integer.compare(line, other.line);
        return byLine != 0 ? byLine : Integer.compare(column, other.column);
    }

    @Override
    public String toString() {
        return line + ":" + column;
    }
}
