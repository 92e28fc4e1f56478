package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfTest {
    @TempDir Path dir;

    /** Writes, forks, jumps, and exits 7 through the child's status. */
    static Plan sample() {
        Plan plan = new Plan();
        Blob status = Blob.room(8, "status");
        Label child = plan.label();
        Label skipped = plan.label();
        plan.call("greet", Sys.WRITE, 1, "hello\n", 6);
        plan.call("accepted error", Sys.CHDIR, "/nowhere").accept(Errno.ENOENT);
        plan.call("jump on errno", Sys.CHDIR, "/nowhere").onErrno(Errno.ENOENT, skipped);
        plan.call("never", Sys.EXIT_GROUP, 99);
        plan.place(skipped);
        // clone, not clone3: qemu-user knows only the old call
        Step clone = plan.call("fork", Sys.CLONE, 17, 0, 0, 0, 0).child(child);
        plan.call("wait", Sys.WAIT4, clone, status, 0, 0);
        Label ok = plan.label();
        plan.call("jump on success", Sys.GETPID).onSuccess(ok);
        plan.call("never", Sys.EXIT_GROUP, 98);
        plan.place(ok);
        plan.call("the child's exit code is its second byte", Sys.EXIT_GROUP, status.at(1));
        plan.place(child);
        plan.call("leave", Sys.EXIT_GROUP, 7);
        return plan;
    }

    /** Counts down from 5, a line each, then exits with what 40 + 7 - 5 gives. */
    private static Plan counting() {
        Plan plan = new Plan();
        Blob left = Blob.room(8, "left").u64(0, 5);
        Blob sum = Blob.room(16, "sum");
        Label again = plan.label();
        Label over = plan.label();
        plan.place(again);
        plan.call("a line", Sys.WRITE, 1, "x\n", 2);
        plan.sum("one less", left.at(0), 0, 1, left).zeroFails().onErrno(Errno.ECANCELED, over);
        plan.go("again", again);
        plan.call("never", Sys.EXIT_GROUP, 97);
        plan.place(over);
        Label zero = plan.label();
        Step result = plan.sum("add and subtract", 40, 7, 5, sum.from(8));
        plan.sum("what was stored is the result", result, 0, sum.at(8), 0)
                .zeroFails()
                .onError(zero);
        plan.call("never", Sys.EXIT_GROUP, 96);
        plan.place(zero);
        plan.call("leave", Sys.EXIT_GROUP, result);
        return plan;
    }

    @Test
    void runsOnThisMachine() throws Exception {
        assertEquals("hello\n7", run(Arch.host(), sample()));
        assertEquals("x\n".repeat(5) + 42, run(Arch.host(), counting()));
    }

    private String run(Arch arch, Plan plan, String... emulator) throws Exception {
        Path file = dir.resolve("sample");
        Files.write(file, Elf.of(arch, plan));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        var command = new ArrayList<>(List.of(emulator));
        command.add(file.toString());
        Process process = new ProcessBuilder(command).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return out + process.waitFor();
    }

    @Test
    void runsOnAarch64() throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/qemu-aarch64-static")),
                "qemu-user-static is not installed");
        String emulator = "/usr/bin/qemu-aarch64-static";
        assertEquals("hello\n7", run(Arch.AARCH64, sample(), emulator));
        assertEquals("x\n".repeat(5) + 42, run(Arch.AARCH64, counting(), emulator));
    }
}
