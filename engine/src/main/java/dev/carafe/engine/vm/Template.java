package dev.carafe.engine.vm;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Snapshot} of a machine that has come up and runs nothing yet, from which others like
 * it start. Its file's name tells all that decides what is in it, so it is never changed.
 *
 * <p>Machines read it and can't write to it. No process of a container has run in it.
 */
final class Template {
    private static final int O_CLOEXEC = 0x80000;

    private final Path file;

    private Template(Path file) {
        this.file = file;
    }

    /**
     * The one for a machine, which need not be there.
     *
     * @return empty when templates are not wanted, or the machine has what a snapshot can't hold: a
     *     file server of the host's, or a disk of its own
     */
    static Optional<Template> of(
            Machine.Config config, Qemu command, GuestKernel.Image kernel, Path initramfs)
            throws IOException {
        @Nullable Path image = config.image().orElse(null);
        if (config.template() == TemplateUse.NONE
                || config.share()
                || config.upper().isPresent()
                || image == null) {
            return Optional.empty();
        }
        String key =
                key(
                        command.words(),
                        List.of(
                                GuestKernel.identity(Qemu.BINARY),
                                GuestKernel.identity(kernel.file()),
                                GuestKernel.identity(initramfs),
                                GuestKernel.identity(image)));
        String name = Templates.name(key, image);
        return Optional.of(new Template(Templates.directory(config.cache()).resolve(name)));
    }

    private static String key(List<String> command, List<String> files) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        for (List<String> words : List.of(command, files)) {
            for (String word : words) {
                digest.update(word.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    /**
     * Opens it for reading, and marks it as used.
     *
     * @throws IOException when it is not there
     */
    Fd open() throws IOException {
        try (Memory memory = Memory.borrow()) {
            long name = memory.string(file.toString());
            Fd fd =
                    new Fd(
                            (int)
                                    Native.check(
                                            "open " + file,
                                            Sys.OPENAT,
                                            Fd.AT_FDCWD,
                                            name,
                                            O_CLOEXEC,
                                            0));
            try {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            } catch (NoSuchFileException e) {
                // removed meanwhile: the open file serves this time
            }
            return fd;
        }
    }

    /**
     * Makes it from a machine that takes plans, which then goes on.
     *
     * @param machine the machine's directory
     * @param memory the machine's, in bytes
     */
    void make(Path machine, long memory) throws IOException {
        Path directory = Objects.requireNonNull(file.getParent());
        Files.createDirectories(directory);
        Path part = Files.createTempFile(directory, Templates.PART, "");
        try (Qmp qmp = Qmp.connect(machine.resolve(Qemu.MONITOR))) {
            Snapshot.save(qmp, part, memory);
            // not synced: it is of no use after another boot of the host
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            qmp.execute("cont", null);
        } finally {
            Files.deleteIfExists(part);
        }
        Templates.bound(directory, file);
    }

    /** Removes it, as one that serves no more. */
    void remove() throws IOException {
        Files.deleteIfExists(file);
    }
}
