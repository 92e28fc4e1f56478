package dev.carafe.engine.vm;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The last of what a guest's kernel has said, in a bound that a guest cannot exceed. A thread reads
 * as long as the machine is there.
 */
final class Console {
    private static final int KEPT = 64 * 1024;

    private final Fd socket;
    private final byte[] kept = new byte[KEPT];
    private long count;
    private boolean over;

    private Console(Fd socket) {
        this.socket = socket;
    }

    /** Reads from a connected socket, which it takes over. */
    static Console of(Fd socket) {
        Console console = new Console(socket);
        Thread thread = new Thread(console::read, "carafe-vm-console");
        thread.setDaemon(true);
        thread.start();
        return console;
    }

    private void read() {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(4096);
            byte[] bytes = new byte[4096];
            while (true) {
                long got = Native.syscall(Sys.READ, socket.number(), buffer, 4096);
                if (got == -Errno.EINTR) {
                    continue;
                }
                if (got <= 0) {
                    break;
                }
                memory.view(buffer, (int) got).get(bytes, 0, (int) got);
                keep(bytes, (int) got);
            }
        } catch (IllegalStateException e) {
            // closed meanwhile
        } finally {
            socket.close();
            synchronized (this) {
                over = true;
                notifyAll();
            }
        }
    }

    private synchronized void keep(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            kept[(int) (count++ % KEPT)] = bytes[i];
        }
    }

    /** Everything that is kept; after the machine's end, everything that it said last. */
    synchronized byte[] bytes() {
        try {
            for (int i = 0; i < 20 && !over; i++) {
                wait(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int length = (int) Math.min(count, KEPT);
        byte[] all = new byte[length];
        for (int i = 0; i < length; i++) {
            all[i] = kept[(int) ((count - length + i) % KEPT)];
        }
        return all;
    }

    /** The last lines, without control characters. */
    List<String> lines(int most) {
        List<String> lines = new ArrayList<>();
        String text = new String(bytes(), StandardCharsets.ISO_8859_1);
        for (String line : text.split("\n", -1)) {
            StringBuilder plain = new StringBuilder();
            for (int i = 0; i < line.length() && plain.length() < 200; i++) {
                char c = line.charAt(i);
                plain.append(c < ' ' || c > '~' ? ' ' : c);
            }
            if (!plain.toString().isBlank()) {
                lines.add(plain.toString().strip());
            }
        }
        return lines.subList(Math.max(0, lines.size() - most), lines.size());
    }

    /** Why the kernel gave up, in its words; empty when it did not say. */
    String panic() {
        for (String line : lines(Integer.MAX_VALUE)) {
            int at = line.indexOf("Kernel panic");
            if (at >= 0) {
                return line.substring(at);
            }
        }
        return "";
    }

    /** Waits for whatever comes; a machine that is gone says no more. */
    static Console none() throws ErrnoException {
        Fd[] pair = Descriptors.pair();
        pair[1].close();
        return of(pair[0]);
    }
}
