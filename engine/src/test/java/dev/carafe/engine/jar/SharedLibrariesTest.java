package dev.carafe.engine.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.ImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedLibrariesTest {
    @TempDir Path root;

    private record Line(long hwcap, String name, String path) {}

    private static byte[] cache(Line... lines) {
        int strings = 48 + 24 * lines.length;
        ByteBuffer cache = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        cache.put("glibc-ld.so.cache1.1".getBytes(StandardCharsets.UTF_8));
        cache.putInt(20, lines.length);
        for (int i = 0; i < lines.length; i++) {
            int at = 48 + 24 * i;
            byte[] name = (lines[i].name + "\0").getBytes(StandardCharsets.UTF_8);
            byte[] path = (lines[i].path + "\0").getBytes(StandardCharsets.UTF_8);
            cache.putInt(at, 0x303).putInt(at + 4, strings).putInt(at + 8, strings + name.length);
            cache.putLong(at + 16, lines[i].hwcap);
            cache.put(strings, name).put(strings + name.length, path);
            strings += name.length + path.length;
        }
        return cache.array();
    }

    private void put(String path, String... needed) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, ElfFileTest.library("/lib64/ld.so", needed));
    }

    @Test
    void readsTheLinkersCache() {
        Map<String, List<String>> found =
                SharedLibraries.parse(
                        cache(
                                new Line(0, "libz.so.1", "/opt/z/libz.so.1"),
                                new Line(1L << 62, "libc.so.6", "/lib/hwcaps/libc.so.6"),
                                new Line(0, "libc.so.6", "/lib/libc.so.6")));
        assertEquals(
                Map.of(
                        "libz.so.1",
                        List.of("/opt/z/libz.so.1"),
                        "libc.so.6",
                        List.of("/lib/libc.so.6")),
                found);
    }

    @Test
    void aDamagedCacheIsNoError() {
        Random random = new Random(1);
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = cache(new Line(0, "libz.so.1", "/opt/z/libz.so.1"));
            for (int n = random.nextInt(6); n >= 0; n--) {
                bytes[random.nextInt(100)] = (byte) random.nextInt();
            }
            SharedLibraries.parse(java.util.Arrays.copyOf(bytes, random.nextInt(200)));
        }
    }

    @Test
    void findsWhatALibraryNeedsInTurn() throws IOException {
        put("opt/z/libz.so.1.2.3", "libdeep.so.1");
        put("usr/lib/x86_64-linux-gnu/libdeep.so.1", "libc.so.6");
        put("usr/lib/x86_64-linux-gnu/libc.so.6");
        Files.createSymbolicLink(root.resolve("opt/z/libz.so.1"), Path.of("libz.so.1.2.3"));
        Files.createDirectories(root.resolve("etc"));
        Files.write(
                root.resolve("etc/ld.so.cache"),
                cache(new Line(0, "libz.so.1", "/opt/z/libz.so.1")));
        Linkage linkage =
                new Linkage(62, java.util.Optional.empty(), Map.of("libz.so.1", "libzip.so"));
        Linkage.Closure closure = linkage.resolve(SharedLibraries.of(root, 62));
        assertEquals(List.of(), closure.missing());
        assertEquals(
                root.toRealPath().resolve("opt/z/libz.so.1.2.3"), closure.files().get("libz.so.1"));
        assertTrue(closure.files().containsKey("libdeep.so.1"));
        assertTrue(closure.files().containsKey("libc.so.6"));
    }

    @Test
    void anotherMachinesLibraryIsNotTaken() throws IOException {
        put("lib/libc.so.6");
        assertTrue(SharedLibraries.of(root, 183).find("libc.so.6").isEmpty());
        assertTrue(SharedLibraries.of(root, 62).find("libc.so.6").isPresent());
        assertTrue(SharedLibraries.of(root, 62).find("../lib/libc.so.6").isEmpty());
    }

    @Test
    void theBaseHasEveryFileInPlace() throws IOException {
        put("usr/lib/x86_64-linux-gnu/libc.so.6");
        put("usr/lib/x86_64-linux-gnu/libstdc++.so.6");
        put("lib64/ld-linux.so.2");
        Linkage linkage =
                new Linkage(
                        62,
                        java.util.Optional.of("/lib64/ld-linux.so.2"),
                        Map.of("libc.so.6", "java", "libstdc++.so.6", "libjvm.so"));
        BaseFiles base = BaseFiles.of(linkage, root, line -> {});
        Path layer = Files.createDirectory(root.resolve("layer"));
        base.stage(layer, 7);
        for (String path :
                List.of(
                        "usr/lib/x86_64-linux-gnu/libc.so.6",
                        "usr/lib/x86_64-linux-gnu/libstdc++.so.6",
                        "lib64/ld-linux.so.2",
                        "etc/passwd",
                        "etc/group",
                        "etc/nsswitch.conf")) {
            assertTrue(Files.isRegularFile(layer.resolve(path)), path);
            assertEquals(7000, Files.getLastModifiedTime(layer.resolve(path)).toMillis(), path);
        }
        assertEquals(041777, Files.getAttribute(layer.resolve("tmp"), "unix:mode"));
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        put("usr/lib/x86_64-linux-gnu/libc.so.6");
        List<String> notes = new ArrayList<>();
        Linkage desktop =
                new Linkage(
                        62,
                        java.util.Optional.empty(),
                        Map.of("libc.so.6", "java", "libX11.so.6", "libawt_xawt.so"));
        BaseFiles.of(desktop, root, notes::add);
        assertEquals(
                List.of("left out: libX11.so.6, which libawt_xawt.so needs, is not on this host"),
                notes);
        Linkage broken =
                new Linkage(62, java.util.Optional.empty(), Map.of("libz.so.1", "libjli.so"));
        refused(broken, "libz.so.1, which libjli.so needs, is not on this host");
        Linkage musl =
                new Linkage(
                        62,
                        java.util.Optional.of("/lib/ld-musl-x86_64.so.1"),
                        Map.of("libc.so.6", "java"));
        refused(musl, "this host has no /lib/ld-musl-x86_64.so.1");
    }

    private void refused(Linkage linkage, String why) {
        ImageException e =
                assertThrows(ImageException.class, () -> BaseFiles.of(linkage, root, line -> {}));
        assertTrue(String.valueOf(e.getMessage()).startsWith(why), e::toString);
    }
}
