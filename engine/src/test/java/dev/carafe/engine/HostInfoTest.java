package dev.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Capabilities;
import dev.carafe.oci.json.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HostInfoTest {
    private final HostInfo host = HostInfo.probe();

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
    void writesJson() {
        String json = host.json().pretty();
        assertEquals(host.json(), Json.parse(json.getBytes(StandardCharsets.UTF_8)));
    }
}
