package dev.carafe.engine.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trees of layers, and the mount points that are added to them. */
class MergedTest {
    @TempDir Path directory;

    @BeforeEach
    void root() {
        assumeTrue("root".equals(System.getProperty("user.name")));
    }

    private Path layer(String name, String... files) throws IOException {
        Path layer = Files.createDirectories(directory.resolve(name));
        for (String file : files) {
            Files.createDirectories(layer.resolve(file).getParent());
            Files.writeString(layer.resolve(file), name);
        }
        return layer;
    }

    private static List<String> names(Fd root, String path) throws IOException {
        try (Fd dir = At.checked("open", path, At.strict(root, path, Dir.O_DIRECTORY))) {
            List<String> names = new ArrayList<>(Dir.list(dir));
            names.sort(null);
            return names;
        }
    }

    @Test
    void manyLayersAreOneTree() throws IOException {
        List<Path> lowers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            lowers.add(layer("a-rather-long-name-of-a-layer-as-stores-have-them-" + i, "d/f" + i));
        }
        Path upper = layer("upper");
        try (Merged merged = Merged.writable(lowers, upper, layer("work"))) {
            assertEquals(100, names(merged.root(), "d").size());
            At.check("mkdir", "made", At.mkdir(merged.root(), "made", 0755));
        }
        assertTrue(Files.exists(upper.resolve("made")));
        assertFalse(Files.exists(lowers.get(0).resolve("made")));
    }

    @Test
    void nothingOfItIsInTheHostsTree() throws IOException {
        Path empty = layer("empty");
        layer("lower");
        try (Merged merged = Merged.readOnly(List.of(layer("one", "f")), empty)) {
            assertEquals(List.of("f"), names(merged.root(), ""));
            assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains(directory + ""));
        }
    }

    @Test
    void stubsCoverWhatIsMissingAndNothingElse() throws IOException {
        Path image = layer("image", "etc/passwd", "real/x");
        Files.setAttribute(image.resolve("etc"), "unix:mode", 0700);
        Files.createSymbolicLink(image.resolve("link"), Path.of("real"));
        Path stubs = layer("stubs");
        layer("lower");
        try (Merged merged = Merged.readOnly(List.of(image), layer("empty"))) {
            Stubs.make(
                    merged.root(),
                    stubs,
                    List.of(
                            new Stubs.Target("link/made", true),
                            new Stubs.Target("etc/passwd", false)));
        }
        assertTrue(Files.isDirectory(stubs.resolve("real/made")), "links are followed inside");
        assertTrue(Files.isRegularFile(stubs.resolve("etc/hosts")));
        assertFalse(Files.exists(stubs.resolve("etc/passwd")), "it is there already");
        assertEquals(0700, (int) Files.getAttribute(stubs.resolve("etc"), "unix:mode") & 07777);
    }
}
