package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Native;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostClockTest {
    @TempDir private Path dir;

    @Test
    void measuredOnceAndAlikeEachTime() throws Exception {
        assumeTrue(Native.arch() == Arch.X86_64);
        long first = HostClock.measure();
        assertTrue(first > 100_000 && first < 20_000_000, () -> first + " kHz");
        assertEquals(1.0, HostClock.measure() / (double) first, 1e-3);
        OptionalLong kept = HostClock.tscKilohertz(dir);
        assertTrue(
                Files.readString(dir.resolve("vm-host")).contains("tsc-khz " + kept.getAsLong()));
        assertEquals(kept, HostClock.tscKilohertz(dir));
    }
}
