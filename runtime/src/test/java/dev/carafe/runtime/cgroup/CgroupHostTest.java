package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.MountInfo;
import dev.carafe.runtime.cgroup.CgroupHost.Mode;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CgroupHostTest {
    static final String V2_MOUNT =
            "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    static final String USER = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service";

    private static CgroupHost host(String mounts, String own, FakeFs fs) throws IOException {
        return CgroupHost.of(MountInfo.parse(mounts), own, fs);
    }

    static CgroupHost v2() throws IOException {
        return host(
                V2_MOUNT,
                "0::/user.slice/session-1.scope\n",
                new FakeFs(true)
                        .delegated("/sys/fs/cgroup")
                        .file(
                                "/sys/fs/cgroup/cgroup.controllers",
                                "cpuset cpu io memory hugetlb pids rdma\n"));
    }

    @Test
    void rootOnV2MakesGroupsBelowTheMount() throws IOException {
        CgroupHost host = v2();
        Hierarchy tree = host.unified().orElseThrow();
        assertEquals(Mode.V2, host.mode());
        assertEquals("/sys/fs/cgroup", tree.base());
        assertFalse(tree.occupied());
        assertEquals(
                List.of("cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"),
                tree.controllers());
        assertEquals(Optional.empty(), host.warning());
    }

    @Test
    void aDelegatedUserMakesGroupsBesideItsOwn() throws IOException {
        CgroupHost host =
                host(
                        V2_MOUNT,
                        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n",
                        new FakeFs(false)
                                .delegated(USER + "/app.slice")
                                .delegated(USER + "/app.slice/run-1.scope")
                                .file(USER + "/app.slice/cgroup.type", "domain\n")
                                .file(USER + "/app.slice/cgroup.procs", "")
                                .file(USER + "/app.slice/cgroup.controllers", "memory pids\n"));
        Hierarchy tree = host.unified().orElseThrow();
        assertEquals(USER + "/app.slice", tree.base());
        assertTrue(tree.writable());
        assertFalse(tree.occupied());
        assertEquals(
                "cpu limit: no cpu controller in "
                        + USER
                        + "/app.slice/cgroup.controllers; have it delegated: systemctl edit user@.service,"
                        + " [Service] Delegate=cpu",
                assertThrows(CgroupException.class, () -> host.require("cpu", "cpu limit"))
                        .getMessage());
    }

    @Test
    void aDelegatedScopeIsLeftByItsOwnProcesses() throws IOException {
        String scope = "/sys/fs/cgroup/system.slice/carafe.scope";
        FakeFs fs =
                new FakeFs(false)
                        .delegated(scope)
                        .delegated(scope + "/carafe.self")
                        .file(scope + "/cgroup.type", "domain\n")
                        .file(scope + "/cgroup.procs", "12\n")
                        .file(scope + "/cgroup.controllers", "memory\n");
        Hierarchy tree =
                host(V2_MOUNT, "0::/system.slice/carafe.scope\n", fs).unified().orElseThrow();
        assertEquals(scope, tree.base());
        assertTrue(tree.occupied());
        // the second start finds itself in the leaf, and must not go deeper
        fs.file(scope + "/cgroup.procs", "");
        tree =
                host(V2_MOUNT, "0::/system.slice/carafe.scope/carafe.self\n", fs)
                        .unified()
                        .orElseThrow();
        assertEquals(scope, tree.base());
        assertFalse(tree.occupied());
    }

    @Test
    void anOrdinaryUserIsWarned() throws IOException {
        String session = "/sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope";
        CgroupHost host =
                host(
                        V2_MOUNT,
                        "0::/user.slice/user-1000.slice/session-3.scope\n",
                        new FakeFs(false).file(session + "/cgroup.controllers", "memory pids\n"));
        String why =
                session
                        + " is not delegated to this user; start with: systemd-run --user --scope -p Delegate=yes"
                        + " carafe ...";
        assertEquals(Optional.of("no cgroup for the container: " + why), host.warning());
        assertEquals(
                "memory limit: " + why,
                assertThrows(CgroupException.class, () -> host.require("memory", "memory limit"))
                        .getMessage());
    }

    @Test
    void rootWithAReadOnlyMountIsToldSo() throws IOException {
        CgroupHost host =
                host(
                        V2_MOUNT,
                        "0::/\n",
                        new FakeFs(true)
                                .file("/sys/fs/cgroup/cgroup.controllers", "memory pids\n"));
        assertEquals(
                Optional.of(
                        "no cgroup for the container: /sys/fs/cgroup is mounted read-only; make it writable:"
                                + " mount -o remount,rw /sys/fs/cgroup"),
                host.warning());
    }

    @Test
    void hybridFindsControllersMountedTogether() throws IOException {
        String mounts =
                """
                31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
                32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                33 31 0:30 /docker/a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                34 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
                35 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                36 31 0:29 / /elsewhere rw - cgroup cgroup rw,cpu,cpuacct
                """;
        FakeFs fs =
                new FakeFs(false)
                        .delegated("/sys/fs/cgroup/unified")
                        .delegated("/sys/fs/cgroup/memory/b")
                        .file("/sys/fs/cgroup/unified/cgroup.controllers", "");
        CgroupHost host =
                host(
                        mounts,
                        "5:memory:/docker/a/b\n3:cpu,cpuacct:/x\n1:name=systemd:/\n0::/\n",
                        fs);
        assertEquals(Mode.HYBRID, host.mode());
        assertEquals(3, host.hierarchies().size());
        assertEquals("/sys/fs/cgroup/cpu,cpuacct/x", host.find("cpuacct").orElseThrow().base());
        assertFalse(host.find("cpu").orElseThrow().writable());
        assertEquals("/sys/fs/cgroup/memory/b", host.find("memory").orElseThrow().base());
        assertTrue(host.find("memory").orElseThrow().writable());
        assertEquals(
                "pids limit: no pids controller is mounted; mount it: mkdir /sys/fs/cgroup/pids && mount -t cgroup"
                        + " -o pids pids /sys/fs/cgroup/pids",
                assertThrows(CgroupException.class, () -> host.require("pids", "pids limit"))
                        .getMessage());
    }

    @Test
    void seesThisHost() throws IOException {
        for (Hierarchy hierarchy : CgroupHost.detect().hierarchies()) {
            assertTrue(hierarchy.base().startsWith(hierarchy.mountPoint()), hierarchy.toString());
        }
    }
}
