package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.TarEntry.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {
    private static TarEntry first(byte[] tar) throws IOException {
        TarEntry entry = TarBytes.reader(tar).next();
        assertNotNull(entry);
        return entry;
    }

    private static String refused(byte[] tar) {
        ImageException e = assertThrows(ImageException.class, () -> readAll(TarBytes.reader(tar)));
        String message = String.valueOf(e.getMessage());
        assertFalse(message.contains("\n"), message);
        return message;
    }

    private static void readAll(TarReader tar) throws IOException {
        while (tar.next() != null) {
            while (tar.body() != null) {}
        }
    }

    private static String body(TarReader tar) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer piece;
        while ((piece = tar.body()) != null) {
            text.append(StandardCharsets.UTF_8.decode(piece));
        }
        return text.toString();
    }

    @Test
    void membersFollowEachOther() throws IOException {
        String large = "x".repeat(5000);
        TarReader tar =
                TarBytes.reader(
                        new TarBytes()
                                .directory("d/")
                                .file("d/a", "hello")
                                .file("d/b", large)
                                .file("c", "")
                                .end());
        assertEquals(TarEntry.Type.DIRECTORY, next(tar).type());
        assertEquals("d/a", next(tar).path());
        assertEquals("hello", body(tar));
        assertEquals(5000, next(tar).size());
        assertEquals("c", next(tar).path());
        assertNull(tar.next());
        assertTrue(tar.complete());
    }

    private static TarEntry next(TarReader tar) throws IOException {
        TarEntry entry = tar.next();
        assertNotNull(entry);
        return entry;
    }

    @Test
    void aMemberSkippedHalfReadIsSkippedWhole() throws IOException {
        TarReader tar =
                TarBytes.reader(new TarBytes().file("a", "y".repeat(3000)).file("b", "z").end());
        next(tar);
        assertNotNull(tar.body());
        assertEquals("b", next(tar).path());
        assertEquals("z", body(tar));
    }

    @Test
    void aPrefixMakesALongerName() throws IOException {
        byte[] tar = new TarBytes().add(TarBytes.header("name", '0').text(345, "a/b")).end();
        assertEquals("a/b/name", first(tar).path());
    }

    @Test
    void gnuLongNamesAndLinks() throws IOException {
        String name = "n".repeat(300);
        String link = "l".repeat(400);
        byte[] tar =
                new TarBytes()
                        .add(
                                new TarBytes.Header("././@LongLink", 'L', 301),
                                (name + "\0").getBytes(StandardCharsets.UTF_8))
                        .add(
                                new TarBytes.Header("././@LongLink", 'K', 401),
                                (link + "\0").getBytes(StandardCharsets.UTF_8))
                        .symlink("short", "short")
                        .end();
        assertEquals(name, first(tar).path());
        assertEquals(link, first(tar).link());
    }

    @Test
    void paxOverridesTheHeader() throws IOException {
        TarEntry entry =
                first(
                        new TarBytes()
                                .pax(
                                        "path",
                                        "other",
                                        "uid",
                                        "4000000",
                                        "gid",
                                        "5000000",
                                        "mtime",
                                        "-1.5",
                                        "SCHILY.xattr.user.k",
                                        "v\0w")
                                .file("name", "")
                                .end());
        assertEquals("other", entry.path());
        assertEquals(4_000_000, entry.uid());
        assertEquals(5_000_000, entry.gid());
        assertEquals(-2, entry.mtime());
        assertEquals(500_000_000, entry.mtimeNanos());
        assertEquals("v\0w", entry.xattrs().get("user.k"));
    }

    @Test
    void base256NumbersAreRead() throws IOException {
        TarEntry entry =
                first(
                        new TarBytes()
                                .add(TarBytes.header("a", '0').raw(108, 0x80, 0, 0, 0, 0, 1, 2, 3))
                                .end());
        assertEquals(0x010203, entry.uid());
        entry =
                first(
                        new TarBytes()
                                .add(
                                        TarBytes.header("a", '0')
                                                .raw(
                                                        136, 255, 255, 255, 255, 255, 255, 255, 255,
                                                        255, 255, 255, 254))
                                .end());
        assertEquals(-2, entry.mtime());
    }

    @ParameterizedTest
    @CsvSource({
        "uid,4294967295",
        "gid,4294967295",
        "uid,99999999999999999999",
        "size,-1",
        "mtime,x",
        "size,1e3"
    })
    void paxNumbersOutOfRangeAreRefused(String key, String value) {
        refused(new TarBytes().pax(key, value).file("a", "").end());
    }

    @Test
    void negativeSizesAreRefused() {
        int[] minusOne = new int[12];
        Arrays.fill(minusOne, 255);
        refused(new TarBytes().add(TarBytes.header("a", '0').raw(124, minusOne)).end());
        refused(new TarBytes().add(TarBytes.header("a", '0').text(124, "-0000000001")).end());
        refused(
                new TarBytes()
                        .add(
                                TarBytes.header("a", '0')
                                        .raw(124, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0))
                        .end());
    }

    @Test
    void aGiantPaxHeaderIsRefusedBeforeItIsRead() {
        assertTrue(
                refused(new TarBytes().add(new TarBytes.Header("p", 'x', 1L << 30)).end())
                        .contains("limit"));
        assertTrue(
                refused(new TarBytes().add(new TarBytes.Header("p", 'L', 1L << 30)).end())
                        .contains("limit"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5 a=b\n",
                "99 a=b\n",
                "x a=b\n",
                "-6 a=b\n",
                "6 ab=\n\n",
                "8 abcde\n",
                "6 a=bc"
            })
    void malformedPaxRecordsAreRefused(String record) {
        byte[] body = record.getBytes(StandardCharsets.UTF_8);
        refused(
                new TarBytes()
                        .add(new TarBytes.Header("p", 'x', body.length), body)
                        .file("a", "")
                        .end());
    }

    @Test
    void pathsHaveALimitAndNoNul() {
        refused(new TarBytes().pax("path", "a".repeat(5000)).file("x", "").end());
        refused(new TarBytes().pax("path", "a\0b").file("x", "").end());
    }

    @Test
    void aWrongChecksumIsRefused() {
        byte[] tar = new TarBytes().file("a", "b").end();
        tar[0] ^= 1;
        assertTrue(refused(tar).contains("checksum"));
    }

    @Test
    void unknownTypesAreRefused() {
        refused(new TarBytes().add(TarBytes.header("a", 'V')).end());
    }

    @Test
    void aCutAnywhereInsideAMemberIsSeen() throws IOException {
        byte[] whole = new TarBytes().pax("path", "q").file("a", "z".repeat(700)).bytes();
        for (int length = 1; length < whole.length - 324; length += 61) {
            byte[] cut = Arrays.copyOf(whole, length);
            if (length != 1024) {
                assertTrue(refused(cut).contains("truncated"), "at " + length);
            }
        }
        TarReader tar = TarBytes.reader(whole);
        readAll(tar);
        assertFalse(tar.complete());
    }

    @Test
    void theLastPaddingMayBeMissing() throws IOException {
        byte[] whole = new TarBytes().file("a", "four").bytes();
        readAll(TarBytes.reader(Arrays.copyOf(whole, 516)));
        assertTrue(refused(Arrays.copyOf(whole, 515)).contains("truncated"));
    }

    @Test
    void sparseMapsMustFitTheirFile() {
        byte[] data = new byte[512];
        for (String map :
                List.of(
                        "0,600",
                        "0,512,100,0",
                        "1000,512",
                        "0,511",
                        "5",
                        "-1,512",
                        "9223372036854775807,512")) {
            refused(
                    new TarBytes()
                            .pax(
                                    "GNU.sparse.map",
                                    map,
                                    "GNU.sparse.size",
                                    "1024",
                                    "GNU.sparse.name",
                                    "s")
                            .file("a", data)
                            .end());
        }
    }

    @Test
    void sparse00And01AndTheOldFormat() throws IOException {
        List<Extent> expected = List.of(new Extent(0, 256), new Extent(4096, 256));
        byte[] data = new byte[512];
        TarEntry entry =
                first(
                        new TarBytes()
                                .pax(
                                        "GNU.sparse.size",
                                        "8192",
                                        "GNU.sparse.numblocks",
                                        "2",
                                        "GNU.sparse.offset",
                                        "0",
                                        "GNU.sparse.numbytes",
                                        "256",
                                        "GNU.sparse.offset",
                                        "4096",
                                        "GNU.sparse.numbytes",
                                        "256")
                                .file("a", data)
                                .end());
        assertEquals(expected, entry.extents());
        assertEquals(8192, entry.size());
        entry =
                first(
                        new TarBytes()
                                .pax(
                                        "GNU.sparse.size",
                                        "8192",
                                        "GNU.sparse.map",
                                        "0,256,4096,256",
                                        "GNU.sparse.name",
                                        "real")
                                .file("a", data)
                                .end());
        assertEquals(expected, entry.extents());
        assertEquals("real", entry.path());
        entry =
                first(
                        new TarBytes()
                                .add(
                                        new TarBytes.Header("a", 'S', 512)
                                                .text(257, "ustar  \0")
                                                .octal(386, 12, 0)
                                                .octal(398, 12, 256)
                                                .octal(410, 12, 4096)
                                                .octal(422, 12, 256)
                                                .octal(483, 12, 8192),
                                        data)
                                .end());
        assertEquals(expected, entry.extents());
        assertEquals(8192, entry.size());
    }

    @Test
    void sparse10HasItsMapInTheData() throws IOException {
        byte[] data = new byte[1024];
        byte[] map = "2\n0\n256\n4096\n256\n".getBytes(StandardCharsets.UTF_8);
        System.arraycopy(map, 0, data, 0, map.length);
        Arrays.fill(data, 512, 1024, (byte) 'd');
        String[] pax = {
            "GNU.sparse.major",
            "1",
            "GNU.sparse.minor",
            "0",
            "GNU.sparse.name",
            "real",
            "GNU.sparse.realsize",
            "8192"
        };
        TarReader tar = TarBytes.reader(new TarBytes().pax(pax).file("a", data).end());
        TarEntry entry = next(tar);
        assertEquals(List.of(new Extent(0, 256), new Extent(4096, 256)), entry.extents());
        assertEquals("d".repeat(512), body(tar));
        Arrays.fill(data, 0, 512, (byte) '7');
        refused(new TarBytes().pax(pax).file("a", data).end());
    }
}
