package dev.carafe.engine.jar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the dynamic linker reads of a 64-bit little-endian ELF file: its interpreter and the
 * libraries that it needs (System V ABI, chapter 5; elf(5)). Offsets in a file are not trusted.
 *
 * @param machine e_machine
 * @param interpreter the path of PT_INTERP
 * @param needed the names of DT_NEEDED, in order
 */
record ElfFile(int machine, Optional<String> interpreter, List<String> needed) {
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int MOST_HEADERS = 256;
    private static final int MOST_DYNAMIC = 64 << 10;
    private static final int MOST_NAMES = 1 << 20;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final int DT_NEEDED = 1;
    private static final int DT_STRTAB = 5;
    private static final int DT_STRSZ = 10;

    ElfFile {
        needed = List.copyOf(needed);
    }

    /** A program header. */
    private record Segment(int type, long offset, long address, long size) {}

    /**
     * Reads a file.
     *
     * @return nothing when it is no ELF file of that kind
     * @throws IOException when it can't be read, or says that it goes on beyond its end
     */
    static Optional<ElfFile> read(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            if (file.size() < HEADER) {
                return Optional.empty();
            }
            ByteBuffer header = at(file, path, 0, HEADER);
            // magic, ELFCLASS64, ELFDATA2LSB
            if (header.getInt(0) != 0x464C457F || header.get(4) != 2 || header.get(5) != 1) {
                return Optional.empty();
            }
            return Optional.of(new Reading(file, path).all(header));
        }
    }

    private static ByteBuffer at(FileChannel file, Path path, long offset, long size)
            throws IOException {
        if (offset < 0 || size < 0 || size > MOST_NAMES || offset > file.size() - size) {
            throw new IOException(path + ": a damaged ELF file");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (file.read(bytes, offset + bytes.position()) < 0) {
                throw new IOException(path + ": it shrank while it was read");
            }
        }
        return bytes.flip();
    }

    private record Reading(FileChannel file, Path path) {
        ElfFile all(ByteBuffer header) throws IOException {
            List<Segment> segments = segments(header);
            Optional<String> interpreter = Optional.empty();
            List<String> needed = List.of();
            for (Segment segment : segments) {
                if (segment.type == PT_INTERP) {
                    ByteBuffer text = at(file, path, segment.offset, segment.size);
                    interpreter = Optional.of(string(text, 0));
                } else if (segment.type == PT_DYNAMIC) {
                    needed = needed(segment, segments);
                }
            }
            return new ElfFile(header.getShort(18) & 0xffff, interpreter, needed);
        }

        private List<Segment> segments(ByteBuffer header) throws IOException {
            long offset = header.getLong(32);
            int size = header.getShort(54) & 0xffff;
            int count = header.getShort(56) & 0xffff;
            if (count > 0 && size != PROGRAM_HEADER || count > MOST_HEADERS) {
                throw new IOException(path + ": a damaged ELF file");
            }
            ByteBuffer table = at(file, path, offset, (long) size * count);
            List<Segment> segments = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int p = i * size;
                segments.add(
                        new Segment(
                                table.getInt(p),
                                table.getLong(p + 8),
                                table.getLong(p + 16),
                                table.getLong(p + 32)));
            }
            return segments;
        }

        private List<String> needed(Segment dynamic, List<Segment> segments) throws IOException {
            if (dynamic.size > MOST_DYNAMIC) {
                throw new IOException(path + ": a damaged ELF file");
            }
            ByteBuffer table = at(file, path, dynamic.offset, dynamic.size);
            List<Long> names = new ArrayList<>();
            long strings = 0;
            long stringsSize = 0;
            for (int p = 0; p + 16 <= table.limit() && table.getLong(p) != 0; p += 16) {
                long value = table.getLong(p + 8);
                switch ((int) table.getLong(p)) {
                    case DT_NEEDED -> names.add(value);
                    case DT_STRTAB -> strings = value;
                    case DT_STRSZ -> stringsSize = value;
                    default -> {}
                }
            }
            if (names.isEmpty()) {
                return List.of();
            }
            ByteBuffer text = at(file, path, offset(strings, segments), stringsSize);
            List<String> needed = new ArrayList<>();
            for (long name : names) {
                needed.add(string(text, name));
            }
            return needed;
        }

        private long offset(long address, List<Segment> segments) throws IOException {
            for (Segment s : segments) {
                long into = address - s.address;
                if (s.type == PT_LOAD && into >= 0 && into < s.size) {
                    return s.offset + into;
                }
            }
            throw new IOException(path + ": a damaged ELF file");
        }

        private String string(ByteBuffer text, long from) throws IOException {
            long end = from;
            while (end >= 0 && end < text.limit() && text.get((int) end) != 0) {
                end++;
            }
            if (from < 0 || end >= text.limit()) {
                throw new IOException(path + ": a damaged ELF file");
            }
            byte[] bytes = new byte[(int) (end - from)];
            text.get((int) from, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
