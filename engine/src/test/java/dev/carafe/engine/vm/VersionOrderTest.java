package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VersionOrderTest {
    private static final List<String> ORDERED =
            List.of(
                    "",
                    "0-rescue-8fd7",
                    "5.10.0-28-amd64",
                    "6.1.0-9-cloud-amd64",
                    "6.1.0-56-amd64",
                    "6.1.0-56-cloud-amd64",
                    "6.5.0~rc1-1",
                    "6.5.0-1",
                    "6.10.3",
                    "6.10.10",
                    "10.0",
                    "10.0.99999999999999999999998",
                    "10.0.99999999999999999999999");

    @Test
    void numbersCountAsNumbers() {
        List<String> versions = new ArrayList<>(ORDERED);
        Collections.shuffle(versions, new Random(1));
        versions.sort(new VersionOrder());
        assertEquals(ORDERED, versions);
    }

    @Test
    void leadingZerosDoNotCount() {
        assertEquals(0, new VersionOrder().compare("6.01", "6.1"));
    }
}
