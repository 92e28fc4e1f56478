package dev.carafe.cli;

import dev.carafe.engine.Foreground;
import dev.carafe.oci.image.Digest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Progress on a terminal: a line with a bar for each layer, drawn anew at most ten times a second.
 * Lines never reach the last column, so that a terminal that became narrower has as many lines as
 * were written; of more layers than it has lines, the last ones are shown.
 */
final class TransferBars implements Transfer {
    private static final long EVERY_NANOS = 100_000_000;
    private static final int WIDEST_BAR = 50;
    private static final int BESIDE_BAR = 46;
    private static final String UP = "\033[%dA";
    private static final String CLEAR_TO_END = "\033[J";
    private static final String CLEAR_LINE = "\033[K";

    private final Console console;
    private final int stream;
    private final Map<Digest, State> blobs = new LinkedHashMap<>();
    private long drawnAt;
    private int lines;

    private record State(Phase phase, long bytes, long total) {}

    /**
     * A new one.
     *
     * @param stream the descriptor of the terminal
     */
    TransferBars(Console console, int stream) {
        this.console = console;
        this.stream = stream;
    }

    @Override
    public synchronized void progress(Digest blob, Phase phase, long bytes, long total) {
        blobs.put(blob, new State(phase, bytes, total));
        long now = System.nanoTime();
        if (lines == 0 || now - drawnAt >= EVERY_NANOS) {
            drawnAt = now;
            draw();
        }
    }

    private void draw() {
        Foreground.Size size = Foreground.size(stream);
        StringBuilder out = new StringBuilder();
        if (lines > 0) {
            // a terminal that became lower has lost its uppermost lines
            out.append(String.format(UP, Math.min(lines, size.rows() - 1)));
        }
        List<Map.Entry<Digest, State>> shown = new ArrayList<>(blobs.entrySet());
        int most = Math.max(1, size.rows() - 1);
        if (shown.size() > most) {
            shown = shown.subList(shown.size() - most, shown.size());
        }
        for (Map.Entry<Digest, State> one : shown) {
            String line = line(one.getKey(), one.getValue(), size.columns());
            out.append('\r').append(line).append(CLEAR_LINE).append('\n');
        }
        out.append(CLEAR_TO_END);
        lines = shown.size();
        console.print(out);
    }

    /** One layer, in less than so many columns. */
    static String line(Digest blob, Phase phase, long bytes, long total, int columns) {
        return line(blob, new State(phase, bytes, total), columns);
    }

    private static String line(Digest blob, State state, int columns) {
        StringBuilder line = new StringBuilder(Transfer.id(blob));
        line.append(": ").append(Transfer.text(state.phase));
        boolean moving =
                switch (state.phase) {
                    case DOWNLOADING, EXTRACTING, UPLOADING -> true;
                    case PENDING, WAITING, PULLED, QUEUED, PUSHED, EXISTS, PRESENT, MOUNTED ->
                            false;
                };
        if (moving) {
            int width = Math.min(WIDEST_BAR, columns - BESIDE_BAR);
            line.append(' ');
            if (width >= 5) {
                line.append(bar(state, width)).append(' ');
            }
            line.append(Units.size(state.bytes)).append('/').append(Units.size(state.total));
        }
        if (line.length() >= columns) {
            line.setLength(Math.max(0, columns - 1));
        }
        return line.toString();
    }

    private static String bar(State state, int width) {
        double part = state.total == 0 ? 1 : (double) state.bytes / state.total;
        int full = (int) Math.min(width, Math.max(0, part * width));
        String head = full == width ? "=" : ">";
        return "["
                + "=".repeat(full)
                + (full == width ? "" : head)
                + " ".repeat(Math.max(0, width - full - 1))
                + "]";
    }

    @Override
    public synchronized void note(String line) {
        // above the bars, which are drawn again below it
        if (lines > 0) {
            console.print(String.format(UP, lines) + "\r" + CLEAR_TO_END);
            lines = 0;
        }
        console.note(line + "\n");
        if (!blobs.isEmpty()) {
            draw();
        }
    }

    @Override
    public synchronized void close() {
        if (!blobs.isEmpty()) {
            draw();
        }
    }
}
