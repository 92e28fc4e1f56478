package dev.carafe.oci.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Json;

class SpecFuzzTest {
    /** Any bytes: either one clear line, or a spec that comes back as it was written. */
    @FuzzTest(maxDuration = "20s")
    void config(byte[] bytes) {
        Spec spec;
        try {
            spec = Spec.parse("config.json", bytes);
        } catch (OciException e) {
            assertOneLine(e);
            return;
        }
        assertEquals(spec, Spec.parse("again", spec.json().bytes()));
        assertEquals(spec.json(), Json.parse(spec.json().bytes()));
        try {
            spec.validate();
        } catch (OciException e) {
            assertOneLine(e);
        }
    }

    private static void assertOneLine(OciException e) {
        String message = String.valueOf(e.getMessage());
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (c < ' ' || c > '~') {
                throw new AssertionError("control character in: " + message, e);
            }
        }
    }
}
