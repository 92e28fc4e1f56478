package dev.carafe.engine.erofs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErofsWriterTest {
    private static final int O_RDWR = 2;

    @TempDir Path directory;

    /** Calls of a writer. */
    private interface Calls {
        void on(ErofsWriter writer) throws IOException;
    }

    private Path write(String name, Calls calls) throws IOException {
        Path file = Files.createFile(directory.resolve(name));
        try (Fd out = open(file);
                ErofsWriter writer = new ErofsWriter(out)) {
            calls.on(writer);
            writer.finish(new byte[16]);
        }
        return file;
    }

    private static Fd open(Path file) throws IOException {
        try (Memory memory = Memory.borrow()) {
            long path = memory.string(file.toString());
            return new Fd((int) Native.check("open", Sys.OPENAT, Fd.AT_FDCWD, path, O_RDWR, 0));
        }
    }

    private static Attributes attributes(int mode, Map<String, String> xattrs) {
        return new Attributes(mode, 0, 0, 0, 0, 1, xattrs);
    }

    private static Attributes directory() {
        return attributes(0040755, Map.of());
    }

    private static ErofsReader.Entry entry(Path file, String path) throws IOException {
        return Objects.requireNonNull(ErofsReader.read(file).get(path));
    }

    @Test
    void anEmptyRoot() throws IOException {
        Path file =
                write(
                        "image",
                        w -> {
                            w.enter("", directory(), List.of());
                            w.leave();
                        });
        assertEquals(1, ErofsReader.read(file).size());
        ByteBuffer start = ByteBuffer.wrap(Files.readAllBytes(file), 1024, 128).slice();
        assertTrue(ErofsWriter.isWhole(start, Files.size(file)));
        assertFalse(ErofsWriter.isWhole(start, Files.size(file) - 1));
        assertFalse(ErofsWriter.isWhole(ByteBuffer.allocate(128), 0));
    }

    /** The inode of this root does not fit into a block, nor that of a file with content. */
    @Test
    void attributesLargerThanABlock() throws IOException {
        Map<String, String> xattrs = new TreeMap<>();
        for (int i = 0; i < 20; i++) {
            xattrs.put("user." + "n".repeat(200) + i, "v".repeat(1000 * i));
        }
        xattrs.put("trusted.t", "\0\1\2");
        Path content = Files.write(directory.resolve("content"), new byte[] {'t', 'a', 'i', 'l'});
        Path file =
                write(
                        "image",
                        w -> {
                            w.enter("", attributes(0040755, xattrs), List.of("f", "l"));
                            try (Fd data = open(content)) {
                                w.file("f", attributes(0100644, xattrs), data, 4, false);
                            }
                            w.symlink("l", attributes(0120777, xattrs), "f");
                            w.leave();
                        });
        assertEquals(xattrs, entry(file, "").xattrs());
        assertEquals(xattrs, entry(file, "f").xattrs());
        assertEquals("tail", entry(file, "f").content());
        assertEquals(xattrs, entry(file, "l").xattrs());
    }

    @Test
    void numbersToTheirLimits() throws IOException {
        Attributes far =
                new Attributes(
                        0020000,
                        4294967294L,
                        4294967294L,
                        Long.MIN_VALUE,
                        999_999_999,
                        1,
                        Map.of());
        Path file =
                write(
                        "image",
                        w -> {
                            w.enter("", directory(), List.of("c"));
                            w.special("c", far, 4095, 1_048_575);
                            w.leave();
                        });
        ErofsReader.Entry c = entry(file, "c");
        assertEquals(4294967294L, c.uid());
        assertEquals(4294967294L, c.gid());
        assertEquals(Long.MIN_VALUE, c.mtime());
        assertEquals(999_999_999, c.mtimeNanos());
        assertEquals(-1, c.device());
    }

    @Test
    void attributesThatItCantHold() {
        for (Map<String, String> xattrs :
                List.of(
                        Map.of("user.k", "v".repeat(65536)),
                        Map.of("user." + "k".repeat(256), "v"),
                        Map.of("system.other", "v"),
                        Map.of(
                                "user.a", "v".repeat(65535),
                                "user.b", "v".repeat(65535),
                                "user.c", "v".repeat(65535),
                                "user.d", "v".repeat(65535)))) {
            IOException e = assertThrows(IOException.class, () -> XattrBody.of(xattrs));
            assertTrue(String.valueOf(e.getMessage()).contains("EROFS"), e.getMessage());
        }
    }

    @Test
    void manyDirectoriesAndTheSameBytesAgain() throws IOException {
        Calls calls =
                w -> {
                    List<String> names = new ArrayList<>();
                    for (int i = 100; i < 900; i++) {
                        names.add("d" + i);
                    }
                    w.enter("", directory(), names);
                    for (String name : names) {
                        w.enter(name, directory(), List.of("x".repeat(200), "y".repeat(200)));
                        w.enter("x".repeat(200), directory(), List.of());
                        w.leave();
                        w.symlink("y".repeat(200), attributes(0120777, Map.of()), name);
                        w.leave();
                    }
                    w.leave();
                };
        Path one = write("one", calls);
        assertEquals(1 + 3 * 800, ErofsReader.read(one).size());
        assertEquals(802, entry(one, "").links());
        assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(write("two", calls)));
    }

    @Test
    void callsThatDontFit() throws IOException {
        write(
                "image",
                w -> {
                    w.enter("", directory(), List.of("a", "b"));
                    Attributes fifo = attributes(0010600, Map.of());
                    assertThrows(IllegalArgumentException.class, () -> w.special("b", fifo, 0, 0));
                    long a = w.special("a", fifo, 0, 0);
                    // it was said to have one name
                    assertThrows(IllegalArgumentException.class, () -> w.link("b", a));
                    assertThrows(IllegalStateException.class, w::leave);
                });
    }

    @Test
    void aFileThatIsShorterThanItWas() throws IOException {
        Path content = Files.write(directory.resolve("content"), new byte[5000]);
        for (long size : new long[] {5001, 1 << 20}) {
            IOException e =
                    assertThrows(
                            IOException.class,
                            () ->
                                    write(
                                            "image" + size,
                                            w -> {
                                                w.enter("", directory(), List.of("f"));
                                                try (Fd data = open(content)) {
                                                    Attributes f = attributes(0100644, Map.of());
                                                    w.file("f", f, data, size, false);
                                                }
                                            }));
            assertEquals("became shorter while it was read", e.getMessage());
        }
    }
}
