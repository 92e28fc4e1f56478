package dev.carafe.engine.vm;

import dev.carafe.engine.image.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The uncompressed kernel inside of a bzImage: an ELF file, which a hypervisor can enter without
 * the guest decompressing it first. With the note of the PVH boot protocol (Linux 4.21, CONFIG_PVH)
 * QEMU 4.0 and later starts it directly.
 */
final class Vmlinux {
    private static final int ELF_MAGIC = 0x464C457F;
    private static final int EHDR = 64;
    private static final int PHDR = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;
    private static final int EM_X86_64 = 62;

    /** xen/include/public/elfnote.h; the entry point in 32-bit mode. */
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;

    private static final int XEN = 0x006E6558; // "Xen\0"
    private static final int MOST_NOTES = 1 << 20;
    private static final int MOST_HEADERS = 128;

    /** What the kernel's build appends to the compressed data: the plain size, for all but gzip. */
    private static final int SIZE_APPENDED = 4;

    /** For all, since the hypervisor runs as another user. */
    static final Set<PosixFilePermission> READABLE =
            EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.GROUP_READ,
                    PosixFilePermission.OTHERS_READ);

    private static final Duration STALE = Duration.ofDays(1);

    private Vmlinux() {}

    /**
     * The kernel that the image holds, from the cache or put there.
     *
     * @param name of the file in the cache, which stands for this very image
     * @return null when it is compressed in a way that can't be undone here (xz, bzip2, lzma, lzo)
     */
    static @Nullable Path extract(FileChannel image, BzImage header, Path cache, String name)
            throws IOException {
        Path file = cache.resolve(name);
        if (Files.exists(file) && whole(file)) {
            return file;
        }
        try (InputStream plain = plain(image, header)) {
            if (plain == null) {
                return null;
            }
            Files.createDirectories(cache);
            sweep(cache, "vmlinux-" + header.version() + "-", name);
            Path part = Files.createTempFile(cache, ".vmlinux", ".part");
            try {
                try (OutputStream out = Files.newOutputStream(part)) {
                    plain.transferTo(out);
                }
                if (!whole(part)) {
                    throw new VmException("the kernel image holds no kernel for x86_64");
                }
                Files.setPosixFilePermissions(part, READABLE);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return file;
    }

    /** Removes what other builds of this version, and killed extractions, left some time ago. */
    private static void sweep(Path cache, String prefix, String keep) throws IOException {
        FileTime stale = FileTime.from(Instant.now().minus(STALE));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(cache)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                boolean ours =
                        name.startsWith(prefix) && !name.equals(keep)
                                || name.startsWith(".vmlinux") && name.endsWith(".part");
                if (ours && Files.getLastModifiedTime(file).compareTo(stale) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static @Nullable InputStream plain(FileChannel image, BzImage header)
            throws IOException {
        int magic = BzImage.wholly(image, header.payload(), 4).getInt();
        boolean gzip = (magic & 0xffff) == 0x8B1F;
        long length = header.length() - (gzip ? 0 : SIZE_APPENDED);
        if (gzip) {
            return new GZIPInputStream(payload(image, header.payload(), length), 1 << 16);
        } else if (magic == 0xFD2FB528) {
            return new ZstdInputStream(payload(image, header.payload(), length));
        } else if (magic == Lz4InputStream.MAGIC) {
            return new Lz4InputStream(payload(image, header.payload(), length));
        }
        return null;
    }

    private static InputStream payload(FileChannel image, long at, long length) throws IOException {
        image.position(at);
        // not closed with the channel, which is the caller's
        return new BufferedInputStream(
                new Limited(Channels.newInputStream(image), length), 1 << 16);
    }

    /** Whether the file holds a kernel for x86_64 with all its segments. */
    private static boolean whole(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer headers = programHeaders(channel);
            if (headers == null) {
                return false;
            }
            long size = channel.size();
            boolean loads = false;
            for (int at = 0; at < headers.limit(); at += PHDR) {
                long offset = headers.getLong(at + 8);
                long length = headers.getLong(at + 32);
                if (offset < 0 || length < 0 || offset > size || length > size - offset) {
                    return false;
                }
                loads |= headers.getInt(at) == PT_LOAD;
            }
            return loads;
        }
    }

    /** Whether the kernel has an entry for the PVH boot protocol. */
    static boolean pvh(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer headers = programHeaders(channel);
            if (headers == null) {
                return false;
            }
            for (int at = 0; at < headers.limit(); at += PHDR) {
                long length = headers.getLong(at + 32);
                if (headers.getInt(at) == PT_NOTE
                        && length <= MOST_NOTES
                        && hasEntry(
                                BzImage.bytes(channel, headers.getLong(at + 8), (int) length))) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Looks through notes: sizes of name and description, a type, then both, padded to words. */
    private static boolean hasEntry(ByteBuffer notes) {
        int at = 0;
        while (notes.limit() - at >= 16) {
            long name = notes.getInt(at) & 0xffff_ffffL;
            long description = notes.getInt(at + 4) & 0xffff_ffffL;
            if (notes.getInt(at + 8) == XEN_ELFNOTE_PHYS32_ENTRY
                    && name == 4
                    && notes.getInt(at + 12) == XEN) {
                return true;
            }
            long next = at + 12 + (name + 3 & ~3L) + (description + 3 & ~3L);
            if (next > notes.limit()) {
                return false;
            }
            at = (int) next;
        }
        return false;
    }

    /** The table of program headers, or null when this is no ELF file for x86_64. */
    private static @Nullable ByteBuffer programHeaders(FileChannel channel) throws IOException {
        ByteBuffer elf = BzImage.bytes(channel, 0, EHDR);
        if (elf.limit() < EHDR
                || elf.getInt(0) != ELF_MAGIC
                || elf.get(4) != 2 // 64-bit
                || elf.getShort(18) != EM_X86_64
                || elf.getShort(54) != PHDR) {
            return null;
        }
        int count = elf.getShort(56) & 0xffff;
        long at = elf.getLong(32);
        if (count > MOST_HEADERS || at < 0 || at > channel.size()) {
            return null;
        }
        ByteBuffer headers = BzImage.bytes(channel, at, count * PHDR);
        return headers.limit() < count * PHDR ? null : headers;
    }

    /** The first bytes of a stream; closing it leaves that open. */
    private static final class Limited extends FilterInputStream {
        private long left;

        Limited(InputStream in, long length) {
            super(in);
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            int b = left > 0 ? in.read() : -1;
            left -= b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = left > 0 ? in.read(bytes, offset, (int) Math.min(length, left)) : -1;
            left -= Math.max(n, 0);
            return n;
        }

        @Override
        public void close() {}
    }
}
