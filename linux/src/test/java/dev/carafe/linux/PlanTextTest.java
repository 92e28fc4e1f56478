package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PlanTextTest {
    private static Plan plan() {
        Plan plan = new Plan();
        Label child = plan.label();
        Label failed = plan.label();
        Blob args = Blob.room(88, "clone_args{flags=CLONE_NEWNS}");
        plan.call("a child in namespaces of its own", Sys.CLONE3, args, 88).child(child);
        plan.call("the caller is done", Sys.EXIT_GROUP, 0);
        plan.place(child);
        plan.call("no mount reaches the host", Sys.MOUNT, "none", "/", 0, 0x4000 | 0x40000, 0);
        plan.writeFile("join the cgroup", "/sys/fs/cgroup/a \"b\"/tasks", "0");
        plan.call("a place for devices", Sys.MKDIRAT, Fd.AT_FDCWD, "/dev/pts", 0755)
                .accept(Errno.EEXIST);
        plan.call("the null device", Sys.MKNODAT, Fd.AT_FDCWD, "/dev/null", 0020666, 0x103)
                .onErrno(Errno.EPERM, failed);
        plan.call("drop the old root", Sys.UMOUNT2, ".", 2).ignore();
        plan.call("no CAP_SYS_ADMIN", Sys.PRCTL, 24, 21);
        plan.call("no ambient capabilities", Sys.PRCTL, 0x2f, 4, 0, 0, 0);
        plan.call("keep no descriptor", Sys.CLOSE_RANGE, 3, 0xffff_ffffL, 4);
        plan.call("wait for the owner", Sys.READ, 3, Blob.room(1, "a byte"), 1).zeroFails();
        plan.call(
                        "the container's own process",
                        Sys.EXECVE,
                        "/bin/sh",
                        Blob.strings(List.of("sh", "-c", "a\nb"), "argv"),
                        Blob.strings(List.of("PATH=/bin"), "envp"))
                .onError(failed);
        plan.call("tell the pidfd", Sys.WRITE, args.at(8), "x", 1);
        plan.place(failed);
        return plan;
    }

    private static String golden(String name) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(PlanTextTest.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void showsEveryStepWithItsArgumentsByName() throws IOException {
        StringBuilder out = new StringBuilder();
        PlanText.text(Arch.X86_64, plan().steps(), out);
        assertEquals(golden("plan.txt"), out.toString());
    }

    @Test
    void writesJson() throws IOException {
        StringBuilder out = new StringBuilder();
        PlanText.json(Arch.X86_64, plan().steps(), out);
        assertEquals(golden("plan.json"), out + "\n");
    }

    @Test
    void readsFlagsOfTheArchitecture() {
        Step open = new Plan().call("", Sys.OPENAT, Fd.AT_FDCWD, "/", 0x4000 | 0x80000);
        assertEquals(
                "openat(dirfd=AT_FDCWD, path=\"/\", flags=O_RDONLY|O_DIRECTORY|O_CLOEXEC)",
                PlanText.call(Arch.AARCH64, open));
        assertEquals(
                "openat(dirfd=AT_FDCWD, path=\"/\", flags=O_RDONLY|O_DIRECT|O_CLOEXEC)",
                PlanText.call(Arch.X86_64, open));
    }

    @Test
    void everyFamilyThatASignatureNamesIsKnown() {
        for (Sys sys : Sys.values()) {
            for (String arg : sys.signature().split(" ", -1)) {
                int colon = arg.indexOf(':');
                if (colon >= 0) {
                    String family = arg.substring(colon + 1);
                    assertEquals(false, Constants.text(family, 1, Arch.X86_64).isEmpty(), family);
                }
            }
        }
    }

    @Test
    void namesSignals() {
        assertEquals(15, Signal.number("term"));
        assertEquals(10, Signal.number("SIGUSR1"));
        assertEquals(37, Signal.number("RTMIN+3"));
        assertEquals("SIGRTMIN+3", Signal.name(37));
        assertEquals("SIGWINCH", Signal.name(28));
        assertEquals("SIGSYS", Signal.name(31));
    }
}
