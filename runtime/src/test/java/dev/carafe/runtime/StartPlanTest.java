package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Capabilities;
import dev.carafe.linux.Named;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanText;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Root;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.oci.runtime.TimeOffset;
import dev.carafe.oci.runtime.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Golden plans: a specification in, the list of system calls out. Run with {@code
 * -Dcarafe.golden=write} to write the files anew, and read the difference before it is committed.
 */
class StartPlanTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/carafe/runtime");
    private static final List<String> ROOT_CAPABILITIES = CapabilitySets.of(List.of(), List.of());

    private static final List<Mount> MOUNTS =
            List.of(
                    new Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
                    new Mount("/dev", "tmpfs", "tmpfs", List.of("nosuid", "noexec", "mode=755")),
                    new Mount(
                            "/dev/pts",
                            "devpts",
                            "devpts",
                            List.of("nosuid", "noexec", "newinstance", "gid=5")),
                    new Mount(
                            "/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")));

    private record Case(
            List<Mount> mounts,
            Process process,
            boolean readOnly,
            List<Namespace> namespaces,
            List<Device> devices,
            Map<String, TimeOffset> offsets,
            Map<String, String> sysctl,
            List<IdMapping> ids) {
        StartPlan plan() {
            Linux linux =
                    new Linux(
                            namespaces,
                            ids,
                            ids,
                            offsets,
                            devices,
                            null,
                            null,
                            null,
                            sysctl,
                            null,
                            null,
                            List.of("/proc/kcore"),
                            List.of("/proc/sys"),
                            null,
                            null);
            Spec spec =
                    new Spec(
                            Spec.VERSION,
                            new Root("rootfs", readOnly),
                            mounts,
                            process,
                            "web",
                            null,
                            null,
                            linux,
                            null,
                            Map.of());
            boolean user = Namespaces.isNew(linux, Namespace.Type.USER);
            StartPlan plan =
                    new StartPlan(
                            dev.carafe.linux.Stage.plan(),
                            spec,
                            linux,
                            process,
                            new StartPlan.Host(
                                    new Rootfs.Overlay(
                                            List.of(Path.of("/layers/b"), Path.of("/layers/a")),
                                            Path.of("/c/upper"),
                                            Path.of("/c/work"),
                                            true,
                                            user),
                                    Path.of("/run/carafe/root"),
                                    Optional.empty(),
                                    Optional.empty(),
                                    Capabilities.FULL,
                                    !user,
                                    user,
                                    List.of(),
                                    false,
                                    null));
            plan.write();
            return plan;
        }
    }

    private static Case usual(Process process, boolean readOnly, Mount... more) {
        List<Mount> mounts = new ArrayList<>(Arrays.asList(more));
        mounts.addAll(MOUNTS);
        return new Case(
                mounts, process, readOnly, spaces(), List.of(), Map.of(), Map.of(), List.of());
    }

    private static List<Namespace> spaces() {
        return List.of(
                new Namespace(Namespace.Type.MOUNT),
                new Namespace(Namespace.Type.PID),
                new Namespace(Namespace.Type.NETWORK),
                new Namespace(Namespace.Type.IPC),
                new Namespace(Namespace.Type.UTS),
                new Namespace(Namespace.Type.CGROUP));
    }

    private static Process process(
            boolean terminal, User user, List<String> capabilities, String... args) {
        return new Process(
                terminal,
                null,
                "/work",
                List.of("PATH=/bin:/usr/bin", "A=b"),
                List.of(args),
                List.of(new Rlimit("RLIMIT_NOFILE", 1024, 4096)),
                null,
                CapabilitySets.process(capabilities),
                true,
                100,
                null,
                null,
                null,
                null,
                user);
    }

    @Test
    void rootWithDefaults() throws IOException {
        golden(
                "root",
                usual(process(false, User.ROOT, ROOT_CAPABILITIES, "sh", "-c", "id"), false));
    }

    @Test
    void userWithoutCapabilitiesOnReadOnlyRoot() throws IOException {
        User user = new User(1000, 1000, null, List.of(20L, 44L));
        golden(
                "user-read-only",
                usual(
                        process(false, user, List.of(), "/app/run"),
                        true,
                        new Mount("/src", "bind", "/proc", List.of("rbind", "rprivate", "rro"))));
    }

    @Test
    void terminal() throws IOException {
        golden("terminal", usual(process(true, User.ROOT, ROOT_CAPABILITIES, "/bin/sh"), false));
    }

    @Test
    void userNamespaceOfOneId() throws IOException {
        List<Namespace> namespaces = new ArrayList<>(spaces());
        namespaces.add(new Namespace(Namespace.Type.USER));
        golden(
                "rootless",
                new Case(
                        MOUNTS,
                        process(false, User.ROOT, ROOT_CAPABILITIES, "/bin/true"),
                        false,
                        namespaces,
                        List.of(),
                        Map.of(),
                        Map.of(),
                        List.of(new IdMapping(0, 1000, 1))));
    }

    @Test
    void joinedNamespacesTimeSysctlAndDevices() throws IOException {
        golden(
                "joined",
                new Case(
                        MOUNTS,
                        process(false, User.ROOT, ROOT_CAPABILITIES, "/bin/true"),
                        false,
                        List.of(
                                new Namespace(Namespace.Type.MOUNT),
                                new Namespace(Namespace.Type.PID, "/proc/7/ns/pid"),
                                new Namespace(Namespace.Type.NETWORK, "/run/netns/a"),
                                new Namespace(Namespace.Type.TIME)),
                        List.of(new Device("c", "/dev/fuse", 10L, 229L, 0666, 0L, 0L)),
                        Map.of("boottime", new TimeOffset(100, 0)),
                        Map.of("net.ipv4.ip_forward", "1"),
                        List.of()));
    }

    @Test
    void everythingOfTheHostIsClosedBeforeAPathOfTheContainerIsFollowed() {
        Plan plan =
                usual(process(true, User.ROOT, ROOT_CAPABILITIES, "/bin/sh"), false).plan().plan();
        List<Step> steps = plan.steps();
        int pivot = index(steps, Sys.PIVOT_ROOT);
        int detached = index(steps, Sys.UMOUNT2);
        int closed = index(steps, Sys.CLOSE_RANGE);
        int workdir = lastIndex(steps, Sys.CHDIR);
        assertTrue(pivot < detached && detached < closed && closed < workdir);
        assertEquals("/work", steps.get(workdir).args().getFirst());
    }

    @Test
    void nothingResolvesAPathOfTheImageWithoutItsRoot() {
        Plan plan =
                usual(
                                process(true, User.ROOT, ROOT_CAPABILITIES, "/bin/sh"),
                                true,
                                new Mount("/a/b", "tmpfs", "tmpfs", List.of()))
                        .plan()
                        .plan();
        int pivot = index(plan.steps(), Sys.PIVOT_ROOT);
        for (Step step : plan.steps().subList(0, pivot)) {
            boolean byPath =
                    step.sys() == Sys.OPENAT
                            || step.sys() == Sys.MKDIRAT
                            || step.sys() == Sys.MKNODAT;
            if (byPath && !(step.args().getFirst() instanceof Step)) {
                String path = String.valueOf(step.args().get(1));
                assertTrue(
                        path.equals("/run/carafe/root")
                                || path.equals("/dev/null")
                                || path.startsWith("/proc/self/"),
                        PlanText.call(Arch.X86_64, step));
            }
        }
    }

    @Test
    void aRemountChangesWhatIsThereAndNothingBelow() {
        List<Step> steps =
                usual(
                                process(true, User.ROOT, ROOT_CAPABILITIES, "/bin/sh"),
                                true,
                                new Mount("/a", "tmpfs", "tmpfs", List.of()),
                                new Mount("/a", null, null, List.of("remount", "ro", "size=1m")))
                        .plan()
                        .plan()
                        .steps();
        int pick = index(steps, Sys.FSPICK);
        List<Sys> then = steps.subList(pick, pick + 4).stream().map(Step::sys).toList();
        assertEquals(List.of(Sys.FSPICK, Sys.FSCONFIG, Sys.FSCONFIG, Sys.MOUNT_SETATTR), then);
        Step attributes = steps.get(pick + 3);
        assertEquals(steps.get(pick).args().getFirst(), attributes.args().getFirst());
        assertEquals(0x1000L, attributes.args().get(2)); // AT_EMPTY_PATH, not AT_RECURSIVE
    }

    @Test
    void privilegesAreDroppedLastAndOnlyExecFollows() {
        Plan plan = usual(process(false, new User(5, 5), List.of(), "x"), false).plan().plan();
        List<Step> steps = plan.steps();
        int user = index(steps, Sys.SETRESUID);
        int sets = index(steps, Sys.CAPSET);
        assertTrue(index(steps, Sys.SETGROUPS) < index(steps, Sys.SETRESGID));
        assertTrue(index(steps, Sys.SETRESGID) < user && user < sets);
        for (Step step : steps.subList(sets, steps.size())) {
            assertTrue(
                    List.of(Sys.CAPSET, Sys.PRCTL, Sys.UMASK, Sys.EXECVE).contains(step.sys()),
                    PlanText.call(Arch.X86_64, step));
        }
        assertFalse(steps.getLast().sys() != Sys.EXECVE);
    }

    private static int index(List<Step> steps, Sys sys) {
        for (Step step : steps) {
            if (step.sys() == sys) {
                return step.index();
            }
        }
        throw new AssertionError("no " + sys);
    }

    private static int lastIndex(List<Step> steps, Sys sys) {
        return index(steps.reversed(), sys);
    }

    private static void golden(String name, Case tried) throws IOException {
        StartPlan plan = tried.plan();
        Plan launch = new Plan();
        Stage.unreal(plan.plan())
                .launch(
                        launch,
                        new Stage.Clone(
                                0x20000,
                                false,
                                tried.ids.isEmpty()
                                        ? List.of()
                                        : List.of("deny", "0 1000 1\n", "0 1000 1\n"),
                                List.of(
                                        new Named("stdin", 0),
                                        new Named("stdout", 1),
                                        new Named("stderr", 2)),
                                tried.process.terminal() ? 9 : -1));
        StringBuilder text = new StringBuilder("In the engine\n\n");
        PlanText.text(Arch.X86_64, launch.steps(), text);
        text.append("\nIn the container\n\n");
        PlanText.text(Arch.X86_64, plan.plan().steps(), text);
        Path file = GOLDEN.resolve(name + ".plan");
        if ("write".equals(System.getProperty("carafe.golden"))) {
            Files.write(file, text.toString().getBytes(UTF_8));
        }
        assertEquals(Files.readString(file), text.toString(), "the plan differs from " + file);
    }
}
