package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.image.Dir.Stat;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnpackTest {
    @TempDir Path directory;
    private Path fs;
    private Path outside;
    private Privilege privilege;

    @BeforeEach
    void makeDirectories() throws IOException {
        fs = Files.createDirectory(directory.resolve("fs"));
        outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        privilege = Privilege.ofThisProcess();
    }

    private void unpack(byte[] tar) throws IOException {
        try (Unpack unpack = new Unpack(fs, privilege, null)) {
            unpack.all(TarBytes.reader(tar));
        }
    }

    private void unpackAbove(Path lower, byte[] tar) throws IOException {
        try (LayerView.Layers below = new LayerView.Layers(List.of(lower));
                Unpack unpack = new Unpack(fs, privilege, below)) {
            unpack.all(TarBytes.reader(tar));
        }
    }

    private Stat stat(String path) throws IOException {
        try (Fd root = Dir.open(fs)) {
            Stat stat = Dir.stat(root, path);
            assertNotNull(stat, path);
            return stat;
        }
    }

    private boolean isOpaque(String path) throws IOException {
        String name = privilege.root() ? "trusted.overlay.opaque" : "user.overlay.opaque";
        try (Fd fd = Dir.open(fs.resolve(path))) {
            return Dir.xattr(fd, name).equals("y");
        }
    }

    private void assertOutsideUntouched() throws IOException {
        assertEquals("secret", Files.readString(outside.resolve("secret")));
        try (var names = Files.list(outside)) {
            assertEquals(1, names.count());
        }
    }

    @Test
    void filesModesTimesAndLinks() throws IOException {
        unpack(
                new TarBytes()
                        .add(TarBytes.header("./", '5').mode(0711))
                        .add(TarBytes.header("d/", '5').mode(01777))
                        .file("d/a", "hello")
                        .add(TarBytes.header("d/suid", '0').mode(04755))
                        .symlink("d/link", "/a/b")
                        .hardLink("d/hard", "d/a")
                        .add(TarBytes.header("d/fifo", '6').mode(0622))
                        .file("implicit/parents/file", "x")
                        .end());
        assertEquals(0711, stat("").mode() & 07777);
        assertEquals(01777, stat("d").mode() & 07777);
        assertEquals(04755, stat("d/suid").mode() & 07777);
        assertEquals(0622, stat("d/fifo").mode() & 07777);
        assertEquals(0755, stat("implicit").mode() & 07777);
        assertEquals("hello", Files.readString(fs.resolve("d/hard")));
        assertEquals(Path.of("/a/b"), Files.readSymbolicLink(fs.resolve("d/link")));
        for (String path : List.of("d", "d/a", "d/link", "d/fifo")) {
            assertEquals(1_000_000_000, stat(path).mtime(), path);
        }
    }

    @Test
    void ownersDevicesAndCapabilities() throws IOException {
        assumeTrue(privilege.root(), "only root can give files away and make devices");
        String capability = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        unpack(
                new TarBytes()
                        .add(TarBytes.header("d/", '5').owner(1, 2))
                        .pax("SCHILY.xattr.security.capability", capability)
                        .add(TarBytes.header("d/ping", '0').owner(3, 4).mode(06755))
                        .add(
                                TarBytes.header("null", '3')
                                        .mode(0666)
                                        .octal(329, 8, 1)
                                        .octal(337, 8, 3))
                        .add(TarBytes.header("disk", '4').octal(329, 8, 259).octal(337, 8, 300))
                        .add(TarBytes.header("link", '2').link("x").owner(5, 6))
                        .end());
        assertEquals(1, stat("d").uid());
        assertEquals(3, stat("d/ping").uid());
        assertEquals(4, stat("d/ping").gid());
        assertEquals(06755, stat("d/ping").mode() & 07777);
        assertEquals(020666, stat("null").mode());
        assertEquals(259, stat("disk").major());
        assertEquals(300, stat("disk").minor());
        assertEquals(6, stat("link").gid());
        try (Fd root = Dir.open(fs);
                Fd ping = new Fd((int) Dir.openat2(root, "d/ping", 0, 0))) {
            assertEquals(capability, Dir.xattr(ping, "security.capability"));
        }
    }

    /** An ordinary user owns what it unpacks, and gets no devices: that is no error. */
    @Test
    void withoutPrivilegeNothingIsGivenAway() throws IOException {
        privilege =
                new Privilege(false, false, privilege.uid(), privilege.gid(), privilege.umask());
        unpack(
                new TarBytes()
                        .add(TarBytes.header("a", '0').owner(1, 2))
                        .add(TarBytes.header("null", '3'))
                        .file("d/.wh..wh..opq", "")
                        .add(TarBytes.header("closed/", '5').mode(0))
                        .file("closed/in", "x")
                        .end());
        assertEquals(privilege.uid(), stat("a").uid());
        assertFalse(Files.exists(fs.resolve("null")));
        assertTrue(isOpaque("d"));
        assertEquals(0, stat("closed").mode() & 07777);
    }

    @Test
    void whiteoutsAndOpaqueDirectories() throws IOException {
        unpack(
                new TarBytes()
                        .file("gone/.wh.file", "")
                        .file(".wh..wh.plnk", "")
                        .directory("new/")
                        .file("new/.wh..wh..opq", "")
                        .file("new/a", "x")
                        .file(".wh.both", "")
                        .file("both/a", "x")
                        .file("kept", "x")
                        .file(".wh.kept", "")
                        .directory("dir/")
                        .file(".wh.dir", "")
                        .file(".wh.file", "")
                        .file("file", "again")
                        .end());
        assertTrue(stat("gone/file").isWhiteout());
        assertTrue(isOpaque("new"));
        assertTrue(isOpaque("both"));
        assertTrue(isOpaque("dir"));
        assertEquals("x", Files.readString(fs.resolve("kept")));
        assertEquals("again", Files.readString(fs.resolve("file")));
        assertFalse(Files.exists(fs.resolve(".wh.plnk")));
    }

    @Test
    void aLaterMemberReplacesAnEarlierOne() throws IOException {
        unpack(
                new TarBytes()
                        .file("a", "1")
                        .file("a", "2")
                        .file("dir/sub/file", "x")
                        .file("dir", "now a file")
                        .symlink("to", "elsewhere")
                        .directory("to/")
                        .file("to/in", "x")
                        .file("f", "1")
                        .hardLink("g", "f")
                        .file("g", "other")
                        .end());
        assertEquals("2", Files.readString(fs.resolve("a")));
        assertEquals("now a file", Files.readString(fs.resolve("dir")));
        assertEquals("x", Files.readString(fs.resolve("to/in")));
        assertEquals("1", Files.readString(fs.resolve("f")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside/new", "a/../../outside/new", "..", "a/.."})
    void goArchive17106_pathsWithDotDotAreRefused(String path) throws IOException {
        assertThrows(ImageException.class, () -> unpack(new TarBytes().file(path, "x").end()));
        assertThrows(ImageException.class, () -> unpack(new TarBytes().hardLink("a", path).end()));
        assertOutsideUntouched();
    }

    @Test
    void absolutePathsAreBelowTheRoot() throws IOException {
        unpack(new TarBytes().file("/etc/x", "x").file("//y", "y").file("././/z", "z").end());
        assertEquals("x", Files.readString(fs.resolve("etc/x")));
        assertEquals("y", Files.readString(fs.resolve("y")));
        assertEquals("z", Files.readString(fs.resolve("z")));
    }

    @Test
    void containerd32760_linksOnTheWayStayInside() throws IOException {
        for (String target :
                List.of("../outside", outside.toString(), "../../../../../../" + outside)) {
            assertThrows(
                    IOException.class,
                    () ->
                            unpack(
                                    new TarBytes()
                                            .symlink("l", target)
                                            .file("l/secret", "overwritten")
                                            .end()));
            assertThrows(
                    IOException.class,
                    () ->
                            unpack(
                                    new TarBytes()
                                            .symlink("l", target)
                                            .hardLink("h", "l/secret")
                                            .end()));
            assertThrows(
                    IOException.class,
                    () ->
                            unpack(
                                    new TarBytes()
                                            .symlink("l", target)
                                            .add(TarBytes.header("l/d/", '5'))
                                            .end()));
        }
        assertOutsideUntouched();
    }

    @Test
    void aLinkInTheLayerIsFollowedInside() throws IOException {
        unpack(
                new TarBytes()
                        .directory("usr/lib/")
                        .symlink("lib", "/usr/lib")
                        .file("lib/a", "x")
                        .hardLink("b", "lib/a")
                        .end());
        assertEquals("x", Files.readString(fs.resolve("usr/lib/a")));
        assertEquals("x", Files.readString(fs.resolve("b")));
    }

    @Test
    void aFileThroughALinkAsItsLastPartReplacesTheLink() throws IOException {
        unpack(new TarBytes().symlink("l", outside + "/secret").file("l", "inside").end());
        assertOutsideUntouched();
        assertEquals(
                "inside",
                Files.readString(fs.resolve("l"), java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void directoryModesAreNotSetThroughALink() throws IOException {
        // first a directory, whose mode is set last, then a link out in its place
        unpack(
                new TarBytes()
                        .add(TarBytes.header("d/", '5').mode(0777))
                        .symlink("d", outside.toString())
                        .end());
        Path other = Files.createDirectory(directory.resolve("other"));
        assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(outside));
    }

    @Test
    void overlaysOwnAttributesAreLeftOut() throws IOException {
        unpack(
                new TarBytes()
                        .pax(
                                "SCHILY.xattr.trusted.overlay.redirect",
                                "/etc",
                                "SCHILY.xattr.user.overlay.opaque",
                                "y",
                                "SCHILY.xattr.user.good",
                                "1")
                        .directory("d/")
                        .end());
        try (Fd d = Dir.open(fs.resolve("d"))) {
            assertEquals("", Dir.xattr(d, "trusted.overlay.redirect"));
            assertEquals("", Dir.xattr(d, "user.overlay.opaque"));
            assertEquals("1", Dir.xattr(d, "user.good"));
        }
    }

    @Test
    void aNameTooLongIsOneLine() {
        IOException e =
                assertThrows(
                        IOException.class,
                        () ->
                                unpack(
                                        new TarBytes()
                                                .pax("path", "n".repeat(300))
                                                .file("x", "")
                                                .end()));
        assertTrue(String.valueOf(e.getMessage()).contains("ENAMETOOLONG"), e.getMessage());
    }

    @Test
    void aDeepPathWorks() throws IOException {
        String path = "d/".repeat(700) + "f";
        unpack(new TarBytes().pax("path", path).file("x", "deep").end());
        try (Fd root = Dir.open(fs)) {
            assertNotNull(Dir.stat(root, path));
        }
        Staging.delete(fs);
    }

    @Test
    void hardLinksToALowerLayerAreCopiedUp() throws IOException {
        Path lower = Files.createDirectory(directory.resolve("lower"));
        Files.createDirectory(lower.resolve("d"));
        Files.writeString(lower.resolve("d/file"), "below");
        byte[] tar = new TarBytes().hardLink("linked", "d/file").end();
        assertThrows(Unpack.NeedsLowerLayers.class, () -> unpack(tar));
        unpackAbove(lower, tar);
        assertEquals("below", Files.readString(fs.resolve("linked")));
        assertTrue(Files.isSameFile(fs.resolve("linked"), fs.resolve("d/file")));
        assertThrows(
                ImageException.class,
                () -> unpackAbove(lower, new TarBytes().hardLink("x", "none").end()));
    }

    @Test
    void sparseFilesHaveHoles() throws IOException {
        byte[] data = new byte[512];
        java.util.Arrays.fill(data, (byte) 'd');
        unpack(
                new TarBytes()
                        .pax(
                                "GNU.sparse.map",
                                "1048576,512",
                                "GNU.sparse.size",
                                "3000000",
                                "GNU.sparse.name",
                                "s")
                        .file("a", data)
                        .end());
        byte[] whole = Files.readAllBytes(fs.resolve("s"));
        assertEquals(3_000_000, whole.length);
        assertArrayEquals(data, java.util.Arrays.copyOfRange(whole, 1_048_576, 1_049_088));
    }

    @Test
    void namesThatAreNotUtf8AreKept() throws IOException {
        unpack(new TarBytes().file("\u00ff\u0080", "x").end());
        assertEquals(1, stat("\u00ff\u0080").size());
        Staging.delete(fs);
    }

    @Test
    void deletingDoesNotFollowLinks() throws IOException {
        unpack(
                new TarBytes()
                        .symlink("d/l", outside.toString())
                        .symlink("m", outside + "/secret")
                        .end());
        Staging.delete(fs);
        assertFalse(Files.exists(fs, LinkOption.NOFOLLOW_LINKS));
        assertOutsideUntouched();
    }
}
