package dev.carafe.oci.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import dev.carafe.oci.OciException;

class ImageFuzzTest {
    /** Any text: either refused, or a reference whose forms mean the same. */
    @FuzzTest(maxDuration = "20s")
    void reference(@NotNull String text) {
        ImageReference reference;
        try {
            reference = ImageReference.parse(text);
        } catch (OciException e) {
            return;
        }
        assertEquals(reference, ImageReference.parse(reference.toString()));
        assertEquals(reference, ImageReference.parse(reference.familiar()));
    }

    /** Any bytes: either refused, or a document that comes back as it was written. */
    @FuzzTest(maxDuration = "20s")
    void documents(byte[] bytes) {
        try {
            ImageConfig config = ImageConfig.parse("c", bytes);
            assertEquals(config, ImageConfig.parse("again", config.json().bytes()));
        } catch (OciException e) {
            // Refused.
        }
        try {
            Manifest manifest = Manifest.parse("m", bytes);
            assertEquals(manifest, Manifest.parse("again", manifest.json().bytes()));
        } catch (OciException e) {
            // Refused.
        }
        try {
            Index index = Index.parse("i", bytes);
            assertEquals(index, Index.parse("again", index.json().bytes()));
        } catch (OciException e) {
            // Refused.
        }
    }
}
