package dev.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverlayTest {
    private static Rootfs.Overlay of(String directory, int layers) {
        List<Path> lower = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            lower.add(Path.of(directory).resolve("%016d".formatted(i)));
        }
        return new Rootfs.Overlay(lower, Path.of("/c/upper"), Path.of("/c/work"), false, false);
    }

    @Test
    void fewLayersKeepTheirWholeNames() {
        Rootfs.Overlay overlay = of("/layers,x", 2);
        assertNull(Overlay.from(overlay));
        assertEquals(
                "lowerdir=/layers\\,x/0000000000000000:/layers\\,x/0000000000000001"
                        + ",upperdir=/c/upper,workdir=/c/work",
                Overlay.data(overlay, null));
    }

    @Test
    void manyLayersAreNamedFromTheirDirectory() {
        Rootfs.Overlay overlay = of("/a/directory/of/some/length", 200);
        assertEquals(Path.of("/a/directory/of/some/length"), Overlay.from(overlay));
        String data = Overlay.data(overlay, Overlay.from(overlay));
        assertTrue(data.startsWith("lowerdir=0000000000000000:0000000000000001:"), data);
        assertTrue(data.length() < 4096);
    }

    @Test
    void tooManyForOnePageAreRefused() {
        Rootfs.Overlay overlay = of("/layers", 300);
        assertThrows(
                IllegalArgumentException.class, () -> Overlay.data(overlay, Overlay.from(overlay)));
    }
}
