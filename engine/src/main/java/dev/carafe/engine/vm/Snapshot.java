package dev.carafe.engine.vm;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.json.JsonNumber;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A machine's state with its memory, as QEMU's migration writes it: pages of zeroes take some bytes
 * each. QEMU has no way to the file, and writes to a socket.
 */
final class Snapshot {
    private static final String NAME = "snapshot";
    private static final int BUFFER = 1 << 20;

    /** Bytes a second, which is as fast as it goes; QEMU's usual is a network's. */
    private static final long BANDWIDTH = 1L << 40;

    /** What is not memory, in bytes. */
    private static final long DEVICES = 64L << 20;

    private static final long STATUS_MILLIS = 10_000;

    private Snapshot() {}

    /**
     * Writes the state of a running machine, which stands still after that.
     *
     * @param file is overwritten
     * @param memory the machine's, in bytes
     */
    static void save(Qmp qmp, Path file, long memory) throws IOException {
        qmp.execute(
                "migrate-set-parameters",
                JsonObject.builder().put("max-bandwidth", JsonNumber.of(BANDWIDTH)).build());
        Fd[] pair = Descriptors.pair();
        try (Fd ours = pair[0]) {
            try (Fd theirs = pair[1]) {
                qmp.give(NAME, theirs);
            }
            qmp.execute("migrate", JsonObject.builder().put("uri", "fd:" + NAME).build());
            // pages that are written to meanwhile come again
            copy(ours, file, 2 * memory + DEVICES);
        }
        awaitCompletion(qmp);
    }

    private static void copy(Fd from, Path file, long most) throws IOException {
        try (FileChannel out =
                        FileChannel.open(
                                file,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.TRUNCATE_EXISTING);
                Memory memory = Memory.of(BUFFER)) {
            long buffer = memory.reserve(BUFFER);
            long total = 0;
            while (true) {
                long got = Native.syscall(Sys.READ, from.number(), buffer, BUFFER);
                if (got == -Errno.EINTR) {
                    continue;
                }
                if (Native.isError(got)) {
                    throw new ErrnoException("read a machine's state", (int) -got);
                }
                if (got == 0) {
                    return;
                }
                total += got;
                if (total > most) {
                    throw new IOException("the machine's state is larger than its memory");
                }
                var bytes = memory.view(buffer, (int) got);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
        }
    }

    private static void awaitCompletion(Qmp qmp) throws IOException {
        long end = System.nanoTime() + STATUS_MILLIS * 1_000_000;
        while (true) {
            if (!(qmp.execute("query-migrate", null) instanceof JsonObject state)) {
                throw new IOException("QEMU does not tell of the machine's state");
            }
            String status = state.get("status") instanceof JsonString text ? text.value() : "";
            if (status.equals("completed")) {
                return;
            }
            if (status.equals("failed") || System.nanoTime() > end) {
                throw new IOException(
                        "QEMU could not save the machine's state: "
                                + (state.get("error-desc") instanceof JsonString text
                                        ? text.value()
                                        : "it is " + status));
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while saving a machine's state", e);
            }
        }
    }
}
