package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {
    @Test
    void namesAndNumbersAgree() {
        assertEquals(41, Capabilities.all().size());
        for (int i = 0; i <= Capabilities.last(); i++) {
            assertEquals(i, Capabilities.number(Capabilities.name(i)));
        }
        assertEquals(0, Capabilities.number("CAP_CHOWN"));
        assertEquals(21, Capabilities.number("CAP_SYS_ADMIN"));
        assertEquals(40, Capabilities.number("CAP_CHECKPOINT_RESTORE"));
        assertEquals(-1, Capabilities.number("CAP_NONE"));
        assertEquals("capability 41", Capabilities.name(41));
    }

    @Test
    void understandsWhatUsersWrite() {
        assertEquals("CAP_NET_ADMIN", Capabilities.canonical("net_admin"));
        assertEquals("CAP_NET_ADMIN", Capabilities.canonical("Cap_Net_Admin"));
        assertNull(Capabilities.canonical("net admin"));
        assertNull(Capabilities.canonical(""));
    }

    @Test
    void setsAreMasks() {
        assertEquals(
                1L << 40 | 1,
                Capabilities.mask(List.of("CAP_CHECKPOINT_RESTORE", "CAP_CHOWN", "CAP_NONE")));
        assertEquals(
                List.of("CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"),
                Capabilities.names(1L << 63 | 1L << 40 | 1));
    }

    @Test
    void permittedIsWhatProcSays() throws Exception {
        String line =
                Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                        .filter(s -> s.startsWith("CapPrm:"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(
                Long.parseUnsignedLong(line.substring(7).strip(), 16), Capabilities.permitted());
    }
}
