package dev.carafe.engine;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.OciException;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a container was configured, in its directory, for those who start further processes in it:
 * its config.json, and the seccomp filter that its process is behind, as compiled. Only the owner
 * may read them, for an environment can hold secrets.
 */
final class Bundle {
    private static final String CONFIG = "config.json";
    private static final String FILTER = "seccomp.bpf";
    private static final int O_WRONLY_CREAT_EXCL_CLOEXEC = 0x800C1;

    private Bundle() {}

    static void write(Path directory, Spec spec, Optional<SeccompFilter> filter)
            throws IOException {
        String json = spec.json().toString();
        write(directory.resolve(CONFIG), json.getBytes(StandardCharsets.UTF_8));
        if (filter.isPresent()) {
            write(directory.resolve(FILTER), filter.get().bytes());
        }
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        try (Memory memory = Memory.of(bytes.length + 8192)) {
            long opened =
                    Native.check(
                            "make " + file,
                            Sys.OPENAT,
                            Fd.AT_FDCWD,
                            memory.string(file.toString()),
                            O_WRONLY_CREAT_EXCL_CLOEXEC,
                            0600);
            long at = memory.bytes(bytes);
            try (Fd fd = new Fd((int) opened)) {
                long written =
                        Native.check("write " + file, Sys.WRITE, fd.number(), at, bytes.length);
                if (written != bytes.length) {
                    throw new IOException("write " + file + ": no space left");
                }
            }
        }
    }

    static Spec spec(Path directory) throws IOException {
        Path file = directory.resolve(CONFIG);
        try {
            return Spec.parse(file.toString(), Files.readAllBytes(file));
        } catch (OciException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    static Optional<SeccompFilter> filter(Path directory) throws IOException {
        Path file = directory.resolve(FILTER);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(SeccompFilter.of(Files.readAllBytes(file)));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }
}
