package dev.carafe.engine;

import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** This host's cgroups, looked at when they are first asked for. Thread-safe. */
final class HostCgroups {
    private @Nullable CgroupHost host;

    synchronized CgroupHost get() throws IOException {
        CgroupHost known = host;
        if (known == null) {
            known = CgroupHost.detect();
            host = known;
        }
        return known;
    }
}
