package dev.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Capabilities;
import dev.carafe.oci.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostInfoTest {
    @TempDir private static Path dir;

    private final HostInfo host = HostInfo.probe(Roots.under(dir));

    @Test
    void tellsOfThisHost() {
        assertEquals(System.getProperty("os.version"), host.kernel());
        assertTrue(host.namespaces().contains("pid"), host.namespaces().toString());
        assertTrue(host.memory() > 1 << 20);
        assertTrue(host.limits().containsKey("nofile"));
        for (String tool : host.tools().values()) {
            assertTrue(tool.startsWith("/"), tool);
        }
        for (HostInfo.Missing missing : host.missing()) {
            assertFalse(missing.what().isEmpty() || missing.remedy().isEmpty(), missing.toString());
        }
    }

    @Test
    void namesEveryCapabilityThatRootLacks() throws Exception {
        if (host.rootless()) {
            assertTrue(host.missingCapabilities().isEmpty());
            return;
        }
        long permitted = Capabilities.permitted();
        for (String name : host.missingCapabilities()) {
            assertEquals(0, permitted >>> Capabilities.number(name) & 1, name);
        }
        int sysResource = Capabilities.number("CAP_SYS_RESOURCE");
        assertEquals(
                (permitted >>> sysResource & 1) == 0,
                host.missingCapabilities().contains("CAP_SYS_RESOURCE"));
    }

    @Test
    void tellsWhatMachinesWouldRunWith() {
        HostInfo.Machines machines = host.machines();
        assertTrue(
                machines.accelerator().equals(host.kvm().usable() ? "kvm" : "tcg")
                        || machines.accelerator().equals("tcg"),
                machines.accelerator());
        assertFalse(machines.reason().isEmpty());
        assertEquals(machines.kernel().isEmpty(), machines.kernelVersion().isEmpty());
        assertEquals(host.tools().getOrDefault("qemu-system-x86_64", ""), machines.qemu());
        assertEquals(
                machines.virtiofsd().isEmpty(),
                host.missing().stream().anyMatch(m -> m.what().equals("virtiofsd")));
    }

    @Test
    void writesJson() {
        String json = host.json().pretty();
        assertEquals(host.json(), Json.parse(json.getBytes(StandardCharsets.UTF_8)));
    }
}
