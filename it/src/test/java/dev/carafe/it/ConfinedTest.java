package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.image.HostImage;
import dev.carafe.engine.vm.Confined;
import dev.carafe.engine.vm.Ids;
import dev.carafe.engine.vm.Program;
import dev.carafe.engine.vm.Running;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a program of the host behind the container wall can do, and what not. */
class ConfinedTest {
    @RegisterExtension final Carafe carafe = new Carafe();

    private Path log = Path.of("/nonexistent");

    @BeforeEach
    void log() {
        log = carafe.root().resolve("program.log");
    }

    static Ids ids() throws IOException {
        long uid = Native.syscall(Sys.GETEUID);
        long gid = Native.syscall(Sys.GETEGID);
        String map = Files.readString(Path.of("/proc/self/uid_map")).strip();
        return uid == 0 && map.endsWith(" 4294967295")
                ? Ids.ROOT
                : new Ids(
                        ids("newuidmap", "/etc/subuid", uid), ids("newgidmap", "/etc/subgid", gid));
    }

    private static List<IdMapping> ids(String helper, String file, long own) throws IOException {
        var maps = new ArrayList<IdMapping>();
        maps.add(new IdMapping(0, own, 1));
        if (Tools.has(helper)) {
            for (String line : Files.readAllLines(Path.of(file))) {
                String[] parts = line.split(":", 3);
                if (parts[0].equals(System.getProperty("user.name"))) {
                    maps.add(new IdMapping(1, Long.parseLong(parts[1]), Long.parseLong(parts[2])));
                }
            }
        }
        return maps;
    }

    static Confined confined(Path root) throws IOException {
        Path mountPoint = Files.createDirectories(root.resolve("run/root"));
        return new Confined(HostImage.open(root), mountPoint, ids());
    }

    private Program shell(String script) {
        return Program.of(List.of("/bin/sh", "-c", script), log);
    }

    private String said(Program program) throws Exception {
        try (Running running = confined(carafe.root()).start(program)) {
            int status = running.process().await();
            String text = Files.readString(log);
            assertEquals(0, status, text);
            return text;
        }
    }

    @Test
    @Tag("rootless")
    void itSeesTheUserlandAndNothingOfTheHost() throws Exception {
        Path secret = Files.writeString(carafe.root().resolve("secret"), "secret");
        String out =
                said(
                        shell(
                                "echo pid $$; ls /home /root /var/lib /boot /run 2>&1; cat "
                                        + secret
                                        + " /etc/shadow /proc/kcore 2>&1; ls /sys /proc/sys;"
                                        + " cat /proc/net/dev | grep -c :; ls /dev; true"));
        assertTrue(out.startsWith("pid 1\n"), out);
        assertFalse(out.contains("secret\n"), out);
        assertFalse(out.contains("root:x"), out);
        assertTrue(out.contains("'/proc/sys': No such file"), out);
    }

    @Test
    @Tag("rootless")
    void nothingIsWritableButWhatItWasGiven() throws Exception {
        Path given = Files.createDirectory(carafe.root().resolve("given"));
        Path read = Files.createDirectory(carafe.root().resolve("read"));
        Files.setAttribute(given, "unix:mode", 0777);
        Files.setAttribute(read, "unix:mode", 0777);
        String out =
                said(
                        shell(
                                        "for d in / /usr /etc /run /run/read /proc; do touch $d/x 2>/dev/null && echo"
                                                + " wrote $d; done; echo yes > /run/given/x; echo end")
                                .writes(given, "/run/given")
                                .reads(read, "/run/read"));
        assertEquals("end\n", out);
        assertEquals("yes\n", Files.readString(given.resolve("x")));
    }

    @Test
    @Tag("rootless")
    void itHasNoPrivilege() throws Exception {
        String out =
                said(
                        shell(
                                "grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status; mount -t tmpfs x /tmp"
                                        + " 2>/dev/null || echo no mount; unshare -U true 2>/dev/null || echo no"
                                        + " namespace; ulimit -c"));
        for (String set : List.of("Inh", "Prm", "Eff", "Bnd", "Amb")) {
            assertTrue(out.contains("Cap" + set + ":\t0000000000000000"), out);
        }
        assertTrue(out.contains("NoNewPrivs:\t1\n") && out.contains("Seccomp:\t2\n"), out);
        assertTrue(out.endsWith("no mount\nno namespace\n0\n"), out);
    }

    @Test
    void rootsProgramsAreNobodyOfTheHost() throws Exception {
        assumeTrue(Carafe.isRoot(), "an ordinary user's programs are that user's");
        long user = Program.userOf("00000ffabc");
        assertEquals(0x7000_00FFL, user);
        String out = said(shell("id -u; id -g; id -G; ls -ln /dev/zero").user(user));
        assertTrue(out.startsWith(user + "\n" + user + "\n" + user + "\n"), out);
    }

    @Test
    @Tag("rootless")
    void itHasTheDevicesThatItWasGiven() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/dev/fuse")), "needs /dev/fuse");
        String out = said(shell("ls /dev; head -c 1 /dev/fuse 2>&1; true").device("/dev/fuse"));
        assertTrue(out.contains("fuse\n") && out.contains("Operation not permitted"), out);
        String message =
                String.valueOf(
                        assertThrows(
                                        StartException.class,
                                        () ->
                                                confined(carafe.root())
                                                        .start(shell("true").device("/dev/none")))
                                .getMessage());
        assertEquals("/bin/sh: device /dev/none: no such file or directory (ENOENT)", message);
    }

    @Test
    @Tag("rootless")
    void anEarlyDeathIsToldInOneLine() throws Exception {
        Files.writeString(log, "of an earlier start\n");
        try (Running running =
                confined(carafe.root())
                        .start(
                                shell(
                                        "echo first; printf 'no \\033[31mkernel\\n\\n' >&2; exit 3"))) {
            assertEquals("sh ended with 3: no  [31mkernel", running.ended());
        }
        try (Running running = confined(carafe.root()).start(shell("kill -9 $$; exec sleep 9"))) {
            running.process().signal(9);
            assertEquals("sh was killed by signal 9, and said nothing", running.ended());
        }
    }

    @Test
    @Tag("rootless")
    void whatIsMissingIsNamed() throws Exception {
        Confined confined = confined(carafe.root());
        var program = Program.of(List.of("/usr/bin/no-such-qemu"), log);
        var missing = assertThrows(StartException.class, () -> confined.start(program));
        assertEquals(StartException.Kind.NOT_FOUND, missing.kind());
        var unbound = shell("true").reads(Path.of("/nonexistent/kernel"), "/run/kernel");
        var absent = assertThrows(StartException.class, () -> confined.start(unbound));
        assertTrue(String.valueOf(absent.getMessage()).contains("/nonexistent/kernel"));
        assertThrows(
                IllegalArgumentException.class,
                () -> shell("true").reads(Path.of("/etc"), "/run/../etc/x"));
    }

    @Test
    @Tag("rootless")
    void aStartIsExplained() throws Exception {
        Path given = Files.createDirectory(carafe.root().resolve("given"));
        var explained = confined(carafe.root()).explain(shell("true").reads(given, "/run/given"));
        assertEquals(List.of("/bin/sh", "-c", "true"), explained.command());
        assertTrue(explained.spec().json().toString().contains("/run/given"));
        assertFalse(explained.plans().container().steps().isEmpty());
        assertFalse(Files.exists(log), "nothing is started");
    }

    @Test
    @Tag("rootless")
    void qemuBootsAKernelBehindItsOwnFilterToo() throws Exception {
        Guest.assumePossible();
        Path kernel = Guest.kernel();
        var program = Program.of(Guest.qemu(Guest.Machine.Q35), log).reads(kernel, "/run/kernel");
        try (Running running = confined(carafe.root()).start(program)) {
            int status = running.process().await();
            String text = Files.readString(log);
            assertEquals(0, status, text);
            assertTrue(text.contains("Unable to mount root fs"), text);
        }
    }

    @Test
    void aMachinesProgramsShareItsLimits() throws Exception {
        CgroupHost host = CgroupHost.detect();
        assumeTrue(Carafe.isRoot() && host.usable(), "needs cgroups that this user can make");
        String path = "/carafe/" + carafe.root().getFileName();
        var memory = new Memory(64L << 20, null, null, null, null, null, null, null, null);
        var limits =
                new Resources(
                        List.of(), memory, null, null, null, List.of(), null, Map.of(), Map.of());
        Cgroup group = Cgroup.plan(host, path, limits);
        try (Running first = confined(carafe.root()).start(shell("sleep 60").cgroup(group));
                Running second =
                        confined(carafe.root())
                                .start(shell("sleep 60").cgroup(Cgroup.open(host, path)))) {
            List<Integer> processes = group.processes();
            assertTrue(processes.contains(first.process().pid()), processes::toString);
            assertTrue(processes.contains(second.process().pid()), processes::toString);
            assertEquals(64L << 20, group.stats().memoryLimit());
        } finally {
            group.remove();
        }
    }
}
