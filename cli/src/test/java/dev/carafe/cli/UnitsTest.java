package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class UnitsTest {
    @Test
    void readsBytes() {
        assertEquals(0, Units.bytes("0"));
        assertEquals(512, Units.bytes("512"));
        assertEquals(512, Units.bytes("512b"));
        assertEquals(65536, Units.bytes("64k"));
        assertEquals(256L << 20, Units.bytes("256M"));
        assertEquals(3L << 29, Units.bytes("1.5g"));
        assertEquals(2L << 30, Units.bytes("2GiB"));
        assertEquals(1L << 40, Units.bytes("1tb"));
        for (String bad :
                new String[] {"", "m", "-1", "1x", "1.2.3", "1mm", "99999999999g", " 1", "0x1"}) {
            assertThrows(IllegalArgumentException.class, () -> Units.bytes(bad), bad);
        }
    }

    @Test
    void readsCpus() {
        assertEquals(500_000_000, Units.nanoCpus("0.5"));
        assertEquals(1_000_000_000, Units.nanoCpus("1"));
        assertEquals(100_000_001, Units.nanoCpus(".100000001"));
        for (String bad : new String[] {"", ".", "1,5", "-1", "0.0000000001", "1e3"}) {
            assertThrows(IllegalArgumentException.class, () -> Units.nanoCpus(bad), bad);
        }
    }

    @Test
    void writesSizesAsDockerDoes() {
        assertEquals("0B", Units.size(0));
        assertEquals("999B", Units.size(999));
        assertEquals("1kB", Units.size(1000));
        assertEquals("4.26MB", Units.size(4_261_574));
        assertEquals("77.8MB", Units.size(77_822_502));
        assertEquals("117MB", Units.size(116_543_210));
        assertEquals("1.02GB", Units.size(1_020_000_000));
        assertEquals("1MB", Units.size(999_900));
        assertEquals("1.5GiB", Units.binarySize(3L << 29));
    }

    @Test
    void writesAgesAsDockerDoes() {
        assertEquals("Less than a second ago", Units.ago(0));
        assertEquals("1 second ago", Units.ago(1));
        assertEquals("59 seconds ago", Units.ago(59));
        assertEquals("About a minute ago", Units.ago(61));
        assertEquals("45 minutes ago", Units.ago(45 * 60));
        assertEquals("About an hour ago", Units.ago(3700));
        assertEquals("26 hours ago", Units.ago(26 * 3600));
        assertEquals("3 days ago", Units.ago(3 * 86400 + 5));
        assertEquals("2 weeks ago", Units.ago(15 * 86400));
        assertEquals("3 months ago", Units.ago(100L * 86400));
        assertEquals("2 years ago", Units.ago(800L * 86400));
    }
}
