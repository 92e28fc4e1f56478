package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayerViewTest {
    @TempDir Path directory;

    /** Unpacks tars, lowest first. */
    private LayerView layers(byte[]... tars) throws IOException {
        List<Path> layers = new ArrayList<>();
        for (byte[] tar : tars) {
            Path fs = Files.createDirectory(directory.resolve("layer" + layers.size()));
            try (Unpack unpack = new Unpack(fs, Privilege.ofThisProcess(), null)) {
                unpack.all(TarBytes.reader(tar));
            }
            layers.add(0, fs);
        }
        return new LayerView(layers);
    }

    private static void assertReads(String expected, LayerView view, String path)
            throws IOException {
        assertArrayEquals(expected.getBytes(StandardCharsets.UTF_8), view.readFile(path), path);
    }

    @Test
    void theTopmostFileWins() throws IOException {
        LayerView view =
                layers(
                        new TarBytes()
                                .file("a", "1")
                                .file("b", "1")
                                .file("d/x", "1")
                                .file("o/x", "1")
                                .file("g", "1")
                                .file("f", "1")
                                .end(),
                        new TarBytes()
                                .file("a", "2")
                                .file(".wh.b", "")
                                .file("o/.wh..wh..opq", "")
                                .file(".wh.d", "")
                                .end(),
                        new TarBytes().file("d/y", "3").file("f/in", "3").end());
        assertReads("2", view, "a");
        assertReads("1", view, "/g");
        assertThrows(ImageException.class, () -> view.readFile("f"));
        assertNull(view.readFile("b"));
        assertNull(view.readFile("o/x"));
        assertNull(view.readFile("d/x"));
        assertReads("3", view, "d/y");
        assertNull(view.readFile("nothing/here"));
    }

    @Test
    void linksResolveInsideTheImage() throws IOException {
        LayerView view =
                layers(
                        new TarBytes()
                                .file("real/passwd", "x")
                                .symlink("etc", "/real")
                                .symlink("loop", "loop")
                                .end(),
                        new TarBytes()
                                .symlink("up", "../../../../../../../etc/passwd")
                                .symlink("out", "/etc/shadow")
                                .end());
        assertReads("x", view, "etc/passwd");
        assertReads("x", view, "up");
        assertNull(view.readFile("out"));
        assertThrows(ImageException.class, () -> view.readFile("loop"));
    }

    @Test
    @Timeout(10)
    void podman9676_aFifoForPasswdDoesNotWait() throws IOException {
        LayerView view =
                layers(
                        new TarBytes()
                                .add(TarBytes.header("fifo", '6'))
                                .symlink("etc/passwd", "../fifo")
                                .directory("etc/group/")
                                .end());
        assertThrows(ImageException.class, () -> view.readFile("etc/passwd"));
        assertThrows(ImageException.class, () -> view.readFile("etc/group"));
        assertThrows(ImageException.class, () -> view.resolveUser("root"));
    }

    private LayerView users() throws IOException {
        return layers(
                new TarBytes()
                        .file(
                                "etc/passwd",
                                """
                                root:x:0:0:root:/root:/bin/sh
                                web:x:33:34::/var/www:
                                1001:x:7:8::/seven:
                                big:x:4294967296:0::/:
                                neg:x:-1:0::/:
                                short:x:5
                                nohome:x:9:9:::
                                """)
                        .file(
                                "etc/group",
                                """
                                root:x:0:
                                logs:x:40:web,other
                                more:x:41:other,web
                                big:x:99999999999:
                                last:x:42:web\
                                """)
                        .end());
    }

    @ParameterizedTest
    @CsvSource({
        "'',0,0,[],/root",
        "root,0,0,[],/root",
        "0,0,0,[],/root",
        "web,33,34,'[40, 41, 42]',/var/www",
        "33,33,34,'[40, 41, 42]',/var/www",
        "web:logs,33,40,[],/var/www",
        "web:5,33,5,[],/var/www",
        "77,77,0,[],/",
        "77:88,77,88,[],/",
        "1001,7,8,[],/seven",
        "nohome,9,9,[],/",
        "2147483647,2147483647,0,[],/"
    })
    void usersAreFound(String spec, int uid, int gid, String groups, String home)
            throws IOException {
        ImageUser user = users().resolveUser(spec);
        assertEquals(uid, user.uid());
        assertEquals(gid, user.gid());
        assertEquals(groups, user.additionalGids().toString());
        assertEquals(home, user.home());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4294967296",
                "2147483648",
                "-1",
                "big",
                "neg",
                "short",
                "nobody",
                "web:nogroup",
                "web:big",
                "+1",
                " 1",
                "1x",
                "0x0",
                "18446744073709551616",
                "web:-1",
                "web:4294967296"
            })
    void containerd40635_crun30892_usersOutOfRangeAreRefused(String spec) throws IOException {
        LayerView view = users();
        assertThrows(ImageException.class, () -> view.resolveUser(spec));
    }

    @Test
    void anImageWithoutPasswdHasNumbers() throws IOException {
        LayerView view = layers(new TarBytes().end());
        assertEquals(12, view.resolveUser("12:13").uid());
        assertThrows(ImageException.class, () -> view.resolveUser("root"));
    }
}
