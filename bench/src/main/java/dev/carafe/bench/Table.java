package dev.carafe.bench;

import java.util.List;

/** Text in columns, aligned, that is a table in Markdown as well. */
final class Table {
    private Table() {}

    static String of(List<String> head, List<List<String>> lines) {
        int[] widths = new int[head.size()];
        measure(head, widths);
        lines.forEach(line -> measure(line, widths));
        StringBuilder out = new StringBuilder();
        line(head, widths, out);
        for (int i = 0; i < widths.length; i++) {
            out.append(i == 0 ? "|-" : "-")
                    .append("-".repeat(widths[i]))
                    .append(i == 0 ? "-|" : ":|");
        }
        out.append('\n');
        lines.forEach(line -> line(line, widths, out));
        return out.toString();
    }

    private static void measure(List<String> line, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], line.get(i).length());
        }
    }

    private static void line(List<String> cells, int[] widths, StringBuilder out) {
        out.append('|');
        for (int i = 0; i < widths.length; i++) {
            String pad = " ".repeat(widths[i] - cells.get(i).length());
            out.append(' ').append(i == 0 ? cells.get(i) + pad : pad + cells.get(i)).append(" |");
        }
        out.append('\n');
    }
}
