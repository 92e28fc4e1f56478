package dev.carafe.engine.vm;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A disk for what a machine writes, with a bound; it takes space on the host as it fills. */
public final class UpperDisk {
    private static final List<Path> MKFS =
            List.of(Path.of("/usr/sbin/mkfs.ext4"), Path.of("/sbin/mkfs.ext4"));

    private UpperDisk() {}

    /**
     * Makes an empty ext4 file system in a file.
     *
     * @param bytes its size
     * @param owner whom QEMU runs as, when root makes it
     * @throws VmException when mkfs.ext4 is missing or refuses
     */
    public static Path make(Path file, long bytes, long owner) throws IOException {
        Path mkfs = null;
        for (Path candidate : MKFS) {
            if (mkfs == null && Files.isExecutable(candidate)) {
                mkfs = candidate;
            }
        }
        if (mkfs == null) {
            throw new VmException(
                    "--storage-opt size: mkfs.ext4 is not there: apt-get install e2fsprogs");
        }
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(bytes);
        }
        // no journal: the disk is thrown away with the machine
        Process process =
                new ProcessBuilder(
                                mkfs.toString(),
                                "-q",
                                "-F",
                                "-m",
                                "0",
                                "-O",
                                "^has_journal",
                                "-E",
                                "lazy_itable_init=1,nodiscard",
                                file.toString())
                        .redirectErrorStream(true)
                        .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new VmException("--storage-opt size: mkfs.ext4: " + said.strip());
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new VmException("--storage-opt size: interrupted", e);
        }
        if (Native.syscall(Sys.GETEUID) == 0) {
            try (Memory memory = Memory.borrow()) {
                Native.check(
                        "give " + file + " to the machine",
                        Sys.FCHOWNAT,
                        Fd.AT_FDCWD,
                        memory.string(file.toString()),
                        owner,
                        owner,
                        0);
            }
        }
        return file;
    }
}
