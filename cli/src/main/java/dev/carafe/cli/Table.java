package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;

/** Text in columns, three spaces apart, as Docker prints it. */
final class Table {
    private static final int MIN_WIDTH = 10;
    private static final int GAP = 3;

    private final List<String[]> rows = new ArrayList<>();

    Table(String... titles) {
        rows.add(titles);
    }

    void row(String... cells) {
        rows.add(cells);
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], Math.max(MIN_WIDTH, row[i].length() + GAP));
            }
        }
        StringBuilder out = new StringBuilder();
        for (String[] row : rows) {
            for (int i = 0; i < columns - 1; i++) {
                out.append(row[i]).append(" ".repeat(widths[i] - row[i].length()));
            }
            out.append(row[columns - 1]).append('\n');
        }
        return out.toString();
    }
}
