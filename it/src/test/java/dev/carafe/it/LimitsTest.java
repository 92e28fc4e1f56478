package dev.carafe.it;

import static dev.carafe.it.Containers.host;
import static dev.carafe.it.Containers.sh;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Ulimit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a container may use. */
class LimitsTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @RegisterExtension final Containers containers = new Containers(carafe);

    @Test
    @Tag("root")
    void memoryBeyondTheLimitKills() {
        String eat = "my $x = 'x' x (256 << 20); print length $x";
        assertEquals("268435456", containers.run(host("/usr/bin/perl", "-e", eat)).ok());
        var options = host("/usr/bin/perl", "-e", eat).memory(64 << 20).memorySwap(64 << 20);
        assertEquals(137, containers.run(options).exit());
    }

    @Test
    @Tag("rootless")
    void memoryTooSmallToStartIsRefused() {
        EngineException e = containers.refusal(sh("true").memory(1 << 20));
        assertEquals(125, e.code().exitCode());
        assertTrue(String.valueOf(e.getMessage()).contains("memory"), e.getMessage());
    }

    @Test
    @Tag("root")
    void forkBombStopsAtTheLimit() {
        String bomb =
                "my $n = 0; while ($n < 200) { my $p = fork; last unless defined $p;"
                        + " if (!$p) { sleep 100; exit } $n++ } print $n";
        var ended = containers.run(host("/usr/bin/perl", "-e", bomb).pidsLimit(20));
        assertEquals("19", ended.ok());
    }

    @Test
    @Tag("root")
    void processorQuotaIsSet() {
        String script =
                "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null"
                        + " || cut -d' ' -f1 /sys/fs/cgroup/cpu.max";
        assertEquals("50000", containers.run(sh(script).nanoCpus(500_000_000)).line());
    }

    @Test
    @Tag("rootless")
    void resourceLimitsAreSet() {
        var options = sh("ulimit -n; ulimit -Hn; ulimit -c").ulimit(new Ulimit("nofile", 100, 200));
        options.ulimit(new Ulimit("core", 0, 0));
        assertEquals("100\n200\n0\n", containers.run(options).ok());
        assertEquals("1024", containers.run(sh("ulimit -n")).line(), "not the JVM's own");
    }

    @Test
    @Tag("rootless")
    void kernelParameterOfANamespaceIsSet() {
        var options = sh("cat /proc/sys/net/core/somaxconn").sysctl("net.core.somaxconn", "77");
        assertEquals("77", containers.run(options).line());
    }

    @Test
    @Tag("rootless")
    void sharedMemoryHasItsSize() {
        String script = "df -k --output=size /dev/shm | tail -1";
        assertEquals("65536", containers.run(sh(script)).line());
        assertEquals("1024", containers.run(sh(script).shmSize(1 << 20)).line());
    }
}
