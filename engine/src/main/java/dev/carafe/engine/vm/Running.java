package dev.carafe.engine.vm;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Pidfd;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A {@link Program} that was started. Closing it kills what still runs. Thread-safe. */
public final class Running implements AutoCloseable {
    private static final int SIGKILL = 9;
    private static final int TAIL = 4096;
    private static final int MOST = 400;

    private final String name;
    private final Path log;
    private final Pidfd process;
    private final long before;
    private boolean closed;

    Running(Program program, Pidfd process, long before) {
        this.name = String.valueOf(Path.of(program.command.getFirst()).getFileName());
        this.log = program.log;
        this.process = process;
        this.before = before;
    }

    /** The process, PID 1 of a namespace of its own: with it everything there ends. */
    public Pidfd process() {
        return process;
    }

    /**
     * Waits for the end, and tells how it was.
     *
     * @return one line: the program's name, its exit code or signal, and the last line that it
     *     wrote
     */
    public String ended() throws ErrnoException {
        int status = process.await();
        String how =
                status > 128 ? "was killed by signal " + (status - 128) : "ended with " + status;
        String words = said();
        return name + " " + how + (words.isEmpty() ? ", and said nothing" : ": " + words);
    }

    /** The last line that it wrote with anything in it, without control characters, or nothing. */
    public String said() {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(before, file.length() - TAIL);
            byte[] bytes = new byte[(int) Math.max(0, Math.min(TAIL, file.length() - from))];
            file.seek(from);
            int got = Math.max(0, file.read(bytes));
            String text = new String(bytes, 0, got, StandardCharsets.UTF_8);
            String last = "";
            for (String line : text.split("\n", -1)) {
                String plain = printable(line);
                last = plain.isEmpty() ? last : plain;
            }
            return last;
        } catch (IOException e) {
            return ""; // the log was removed: there is nothing to tell
        }
    }

    /** The text may come from a guest that has taken the program over. */
    private static String printable(String line) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < line.length() && out.length() < MOST; i++) {
            char c = line.charAt(i);
            out.append(Character.isISOControl(c) ? ' ' : c);
        }
        return out.toString().strip();
    }

    /** Kills it if it runs, and waits for its end. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            process.signal(SIGKILL);
            process.await();
        } catch (ErrnoException e) {
            // it was reaped by another: it has ended
        } finally {
            process.close();
        }
    }
}
