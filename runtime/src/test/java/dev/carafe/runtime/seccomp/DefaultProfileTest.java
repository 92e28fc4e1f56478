package dev.carafe.runtime.seccomp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Elf;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.CapabilitySets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefaultProfileTest {
    private static final int X86_64 = 0xC000003E;
    private static final int I386 = 0x40000003;
    private static final int ALLOW = 0x7FFF0000;
    private static final int EPERM = 0x50001;
    private static final int ENOSYS = 0x50000 | 38;
    private static final int EAFNOSUPPORT = 0x50000 | 97;
    private static final int KILL_PROCESS = 0x80000000;
    private static final long HIGH = 0x1_0000_0000L;

    private static final BpfMachine DEFAULT = machine(CapabilitySets.DEFAULT);

    private static BpfMachine machine(List<String> capabilities) {
        return new BpfMachine(DefaultProfile.filter(Arch.X86_64, capabilities).program());
    }

    private static int verdict(BpfMachine machine, String call, long... args) {
        Integer nr = Syscalls.of(Abi.SCMP_ARCH_X86_64).get(call);
        return machine.run(new BpfMachine.Call(Objects.requireNonNull(nr), X86_64, args));
    }

    private static int i386(String call, long... args) {
        Integer nr = Syscalls.of(Abi.SCMP_ARCH_X86).get(call);
        return DEFAULT.run(new BpfMachine.Call(Objects.requireNonNull(nr), I386, args));
    }

    /** CVE-2026-31431: AF_ALG is 38. */
    @Test
    void socketsAreOfCommonFamiliesOnly() {
        for (int family = 0; family < 64; family++) {
            int expected = List.of(1, 2, 10, 16, 17).contains(family) ? ALLOW : EAFNOSUPPORT;
            assertEquals(expected, verdict(DEFAULT, "socket", family), "family " + family);
            assertEquals(
                    expected,
                    verdict(DEFAULT, "socket", HIGH | family),
                    "the kernel reads 32 bits");
            assertEquals(expected, i386("socket", family), "family " + family);
        }
        assertEquals(EAFNOSUPPORT, verdict(DEFAULT, "socketpair", 38));
        assertEquals(ALLOW, verdict(DEFAULT, "socketpair", 1));
    }

    @Test
    void socketcallIsNoWayToAFamily() {
        assertEquals(EAFNOSUPPORT, i386("socketcall", 1));
        assertEquals(EAFNOSUPPORT, i386("socketcall", 8));
        assertEquals(ALLOW, i386("socketcall", 3));
        assertEquals(ENOSYS, i386("socketcall", 21));
    }

    @Test
    void kernelSurfacesAreShut() {
        for (String call :
                List.of(
                        "add_key",
                        "request_key",
                        "keyctl",
                        "bpf",
                        "userfaultfd",
                        "perf_event_open",
                        "kexec_load")) {
            assertEquals(EPERM, verdict(DEFAULT, call), call);
        }
        for (String call :
                List.of(
                        "mount",
                        "umount2",
                        "setns",
                        "unshare",
                        "pivot_root",
                        "open_by_handle_at",
                        "init_module",
                        "reboot")) {
            assertEquals(EPERM, verdict(DEFAULT, call), call);
        }
        for (String call :
                List.of(
                        "io_uring_setup",
                        "io_uring_enter",
                        "io_uring_register",
                        "clone3",
                        "move_pages")) {
            assertEquals(ENOSYS, verdict(DEFAULT, call), call);
        }
        assertEquals(ALLOW, verdict(DEFAULT, "ptrace"));
    }

    @Test
    void newCallsLookAbsent() {
        for (int nr = 470; nr < 600; nr++) {
            assertEquals(ENOSYS, DEFAULT.run(new BpfMachine.Call(nr, X86_64)));
            assertEquals(ENOSYS, DEFAULT.run(new BpfMachine.Call(nr, I386)));
        }
        assertEquals(KILL_PROCESS, DEFAULT.run(new BpfMachine.Call(0x40000000, X86_64)));
    }

    @Test
    void cloneMakesNoNamespace() {
        assertEquals(ALLOW, verdict(DEFAULT, "clone", 17));
        for (long flag :
                new long[] {
                    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
                }) {
            assertEquals(EPERM, verdict(DEFAULT, "clone", flag | 17));
        }
    }

    @Test
    void terminalsTakeNoInputFromPrograms() {
        assertEquals(ALLOW, verdict(DEFAULT, "ioctl", 0, 0x5401));
        assertEquals(ALLOW, verdict(DEFAULT, "ioctl", 0, 0xFFFFFFFF80045430L));
        for (long request : new long[] {0x5412, 0x541C}) {
            assertEquals(EPERM, verdict(DEFAULT, "ioctl", 0, request));
            assertEquals(EPERM, verdict(DEFAULT, "ioctl", 0, HIGH | request));
            assertEquals(EPERM, i386("ioctl", 0, request));
        }
    }

    @Test
    void personalityIsLinuxOnly() {
        assertEquals(ALLOW, verdict(DEFAULT, "personality", 0));
        assertEquals(ALLOW, verdict(DEFAULT, "personality", 0xFFFFFFFFL));
        assertEquals(EPERM, verdict(DEFAULT, "personality", 0x40000));
    }

    @Test
    void capabilitiesOpenWhatTheyAreFor() {
        assertEquals(ALLOW, verdict(machine(List.of("CAP_SYS_CHROOT")), "chroot"));
        assertEquals(EPERM, verdict(machine(List.of()), "chroot"));
        BpfMachine admin = machine(List.of("CAP_SYS_ADMIN"));
        for (String call : List.of("mount", "clone3", "unshare", "bpf", "setns")) {
            assertEquals(ALLOW, verdict(admin, call), call);
        }
        assertEquals(ALLOW, verdict(admin, "clone", 0x20000));
        assertEquals(EPERM, verdict(admin, "keyctl"));
        assertEquals(EAFNOSUPPORT, verdict(admin, "socket", 38));
        assertEquals(ALLOW, verdict(machine(List.of("CAP_SYSLOG")), "syslog"));
        assertEquals(ALLOW, verdict(machine(List.of("CAP_SYS_TIME")), "settimeofday"));
    }

    /**
     * The kernel walks the program for every number when it is installed, so its length is start
     * time.
     */
    @Test
    void searchIsShort() {
        long executed = 0;
        int numbers = 0;
        for (int nr : new TreeMap<>(Syscalls.of(Abi.SCMP_ARCH_X86_64)).values()) {
            DEFAULT.run(new BpfMachine.Call(nr, X86_64));
            executed += DEFAULT.executed();
            numbers++;
        }
        assertTrue(DEFAULT.length() < 260, "instructions: " + DEFAULT.length());
        assertTrue(executed < 11L * numbers, "executed: " + (double) executed / numbers);
    }

    @Test
    void storedProgramsAreTheProfiles() throws Exception {
        String source =
                "package dev.carafe.runtime.seccomp;\n\n"
                        + "/** {@link DefaultProfile} compiled, in hexadecimal; DefaultProfileTest writes it anew. */\n"
                        + "final class DefaultPrograms {\n"
                        + constant("X86_64", Arch.X86_64, List.of())
                        + constant("X86_64_CHROOT", Arch.X86_64, CapabilitySets.DEFAULT)
                        + constant("AARCH64", Arch.AARCH64, List.of())
                        + constant("AARCH64_CHROOT", Arch.AARCH64, CapabilitySets.DEFAULT)
                        + "\n    private DefaultPrograms() {}\n}\n";
        Path stored = Path.of("src/main/java/dev/carafe/runtime/seccomp/DefaultPrograms.java");
        if (!Files.readString(stored).equals(source)) {
            Path fresh = Files.writeString(Path.of("target/DefaultPrograms.java"), source);
            throw new AssertionError(
                    "the profile or the compiler changed: copy " + fresh + " to " + stored);
        }
    }

    private static String constant(String name, Arch arch, List<String> capabilities) {
        byte[] program =
                SeccompFilter.compile(arch, DefaultProfile.profile(capabilities)).program();
        StringBuilder text = new StringBuilder("    static final String " + name + " =\n");
        for (int i = 0; i < program.length; i += 40) {
            text.append(i == 0 ? "            \"" : "                    + \"");
            for (int j = i; j < Math.min(program.length, i + 40); j++) {
                text.append(Character.forDigit(program[j] >> 4 & 15, 16))
                        .append(Character.forDigit(program[j] & 15, 16));
            }
            text.append(i + 40 < program.length ? "\"\n" : "\";\n");
        }
        return text.toString();
    }

    @Test
    void theKernelTakesIt(@TempDir Path directory) throws Exception {
        Plan plan = new Plan();
        Label refused = plan.label();
        plan.call("no new privileges", Sys.PRCTL, 38, 1, 0, 0, 0);
        SeccompSteps.install(plan, DefaultProfile.filter(Arch.host(), CapabilitySets.DEFAULT));
        plan.call("a common family", Sys.SOCKET, 1, 1, 0);
        plan.call("AF_ALG", Sys.SOCKET, 38, 5, 0).onErrno(97, refused);
        plan.call("not filtered", Sys.EXIT_GROUP, 99);
        plan.place(refused);
        plan.call("keyctl", Sys.KEYCTL, 0, 0, 0, 0, 0).accept(1);
        plan.call("a mount namespace", Sys.UNSHARE, 0x20000).accept(1);
        plan.call("done", Sys.EXIT_GROUP, 7);
        Path file = Files.write(directory.resolve("filtered"), Elf.of(Arch.host(), plan));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        assertEquals(7, new ProcessBuilder(file.toString()).start().waitFor());
    }

    @Test
    void oneCallMoreCanBeAllowedForOneArgument() {
        for (Arch arch : Arch.values()) {
            SeccompFilter plain = DefaultProfile.filter(arch, List.of());
            long fs = 0x200;
            BpfMachine before = new BpfMachine(plain.program());
            BpfMachine after = new BpfMachine(plain.allowing(arch, Sys.UNSHARE, fs).program());
            int audit = Abi.of(arch).audit();
            int unshare = Sys.UNSHARE.number(arch);
            var allowed = new BpfMachine.Call(unshare, audit, fs);
            assertEquals(0x7FFF_0000, after.run(allowed));
            assertEquals(0x0005_0001, before.run(allowed));
            for (var same :
                    List.of(
                            new BpfMachine.Call(unshare, audit, 0x1000_0200L),
                            new BpfMachine.Call(unshare, audit, fs | 1L << 32),
                            new BpfMachine.Call(unshare, audit + 1, fs),
                            new BpfMachine.Call(Sys.READ.number(arch), audit, fs),
                            new BpfMachine.Call(Sys.MOUNT.number(arch), audit, fs))) {
                assertEquals(before.run(same), after.run(same), same::toString);
            }
        }
    }

    @Test
    void oneCallCanBeSkipped() {
        for (Arch arch : Arch.values()) {
            SeccompFilter plain = DefaultProfile.filter(arch, List.of());
            BpfMachine before = new BpfMachine(plain.program());
            BpfMachine after = new BpfMachine(plain.skipping(arch, Sys.SETGROUPS).program());
            int audit = Abi.of(arch).audit();
            int setgroups = Sys.SETGROUPS.number(arch);
            assertEquals(0x0005_0000, after.run(new BpfMachine.Call(setgroups, audit)));
            for (var same :
                    List.of(
                            new BpfMachine.Call(setgroups, audit + 1),
                            new BpfMachine.Call(Sys.READ.number(arch), audit),
                            new BpfMachine.Call(Sys.MOUNT.number(arch), audit))) {
                assertEquals(before.run(same), after.run(same), same::toString);
            }
        }
    }
}
