package dev.carafe.engine.build;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimestampTest {
    @Test
    void isWhatJavaTimeWrites() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            long seconds = random.nextLong(-62_135_596_800L, 253_402_300_799L);
            assertEquals(Instant.ofEpochSecond(seconds).toString(), Timestamp.of(seconds, 0));
        }
        assertEquals("2023-11-14T22:13:20.000000005Z", Timestamp.of(1_700_000_000, 5));
    }
}
