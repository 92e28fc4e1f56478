package dev.carafe.it;

import static dev.carafe.it.Containers.host;
import static dev.carafe.it.Containers.sh;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Volume;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holes that shipped in other engines, each as a test that it is closed here. */
@Tag("rootless")
class SecurityTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @RegisterExtension final Containers containers = new Containers(carafe);
    @TempDir Path directory;

    /** runc CVE-2019-19921, CVE-2026-41579, crun CVE-2026-47766. */
    @ParameterizedTest
    @ValueSource(strings = {"proc", "sys", "dev"})
    void linkInThePlaceOfAKernelFileSystemIsRefused(String name) throws Exception {
        String image = image(name + " -> /tmp");
        EngineException e = containers.refusal(RunOptions.of(image, "true"));
        assertTrue(message(e).contains("/" + name), message(e));
    }

    /** runc CVE-2023-27561, CVE-2019-16884. */
    @Test
    void volumeThroughALinkStaysInTheRoot() throws Exception {
        String image = image("data -> ../../../../var/empty");
        Path source = Files.createDirectory(directory.resolve("source"));
        Files.writeString(source.resolve("file"), "mine");
        RunOptions options =
                RunOptions.of(image, "cat", "/var/empty/file")
                        .remove(true)
                        .volume(Volume.of(source, "/data"));
        assertEquals("mine", containers.run(options).ok());
    }

    /** What a link of the image names is not made, neither in the root nor on the host. */
    @Test
    void volumeThroughALinkToNowhereIsRefused() throws Exception {
        String image = image("data -> ../../../../outside");
        var options = RunOptions.of(image, "true").volume(Volume.of(directory, "/data"));
        EngineException e = containers.refusal(options);
        assertTrue(message(e).contains("/data"), message(e));
        assertFalse(Files.exists(Path.of("/outside")));
    }

    /** runc CVE-2021-30465. */
    @Test
    void volumeThroughALinkToProcLiesBelowTheRealOne() throws Exception {
        String image = image("data -> /proc");
        Path source = Files.createDirectory(directory.resolve("source"));
        RunOptions options =
                RunOptions.of(image, "cat", "/proc/1/comm")
                        .remove(true)
                        .volume(Volume.of(source, "/data"));
        assertEquals("cat\n", containers.run(options).ok());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc", "/proc/self", "/proc/1/attr", "/tmp/../proc/sys"})
    void volumeInProcIsRefused(String target) {
        EngineException e = containers.refusal(sh("true").volume(Volume.of(directory, target)));
        assertEquals(125, e.code().exitCode());
        assertTrue(message(e).contains("/proc"), message(e));
    }

    /** runc CVE-2024-21626: a working directory through a leaked descriptor of the host. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void workingDirectoryIsNoDescriptorOfTheHost(int fd) {
        EngineException e = containers.refusal(sh("ls").workdir("/proc/self/fd/" + fd));
        assertTrue(message(e).contains("/proc/self/fd/" + fd), message(e));
    }

    /** runc CVE-2024-21626: the same through a link in the image. */
    @Test
    void workingDirectoryIsNoLinkToADescriptor() throws Exception {
        String image = image("w -> /proc/self/fd/7");
        try {
            var ended = containers.run(RunOptions.of(image, "pwd").workdir("/w").remove(true));
            assertFalse(ended.out().contains("carafe"), ended::toString);
            assertFalse(ended.out().contains("unreachable"), ended::toString);
        } catch (EngineException e) {
            assertTrue(message(e).contains("/w"), message(e));
        }
    }

    @Test
    void onlyTheStandardStreamsAreOpen() {
        // the fourth is the one by which ls reads the directory
        assertEquals(
                "0 1 2 3",
                containers.run(host("/bin/sh", "-c", "echo $(ls /proc/self/fd)")).line());
    }

    /** runc CVE-2019-5736: the host's java must not run, nor be writable, as /proc/self/exe. */
    @Test
    void commandIsNotTheEngineItself() {
        // at that moment it is the few KiB of the first stage, which refuse to run again
        var ended = containers.run(host("/proc/self/exe", "-version"));
        assertEquals(new Containers.Ended(126, "", ""), ended);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run -> /proc/self/exe", "run #!/proc/self/exe"})
    void entryPointIsNotTheEngineItself(String entry) throws Exception {
        String image = image(entry);
        try {
            var ended = containers.run(RunOptions.of(image, "/run", "-version").remove(true));
            assertFalse((ended.out() + ended.err()).contains("penJDK"), ended::toString);
        } catch (EngineException e) {
            assertTrue(e.code().exitCode() >= 125, message(e));
        }
    }

    /** runc CVE-2022-29162, moby CVE-2022-24769, Podman CVE-2022-27649. */
    @Test
    void inheritableAndAmbientCapabilitiesAreEmpty() {
        String status = containers.run(host("/bin/cat", "/proc/self/status")).ok();
        assertTrue(status.contains("CapInh:\t0000000000000000"), status);
        assertTrue(status.contains("CapAmb:\t0000000000000000"), status);
        assertTrue(status.contains("NoNewPrivs:\t1"), status);
        assertTrue(status.contains("Seccomp:\t2"), status);
    }

    @Test
    void capabilitiesAreTheUsualFourteen() {
        String status = containers.run(host("/bin/cat", "/proc/self/status")).ok();
        for (String set : List.of("CapPrm", "CapEff", "CapBnd")) {
            assertTrue(status.contains(set + ":\t00000000a80425fb"), status);
        }
    }

    @Test
    void capabilitiesGoAndComeByName() {
        String none = containers.run(host("/bin/cat", "/proc/self/status").capDrop("ALL")).ok();
        assertTrue(none.contains("CapBnd:\t0000000000000000"), none);
        assertTrue(none.contains("CapEff:\t0000000000000000"), none);
        RunOptions one = host("/bin/cat", "/proc/self/status").capDrop("ALL").capAdd("NET_ADMIN");
        String status = containers.run(one).ok();
        assertTrue(status.contains("CapBnd:\t0000000000001000"), status);
        assertTrue(status.contains("CapEff:\t0000000000001000"), status);
    }

    /** containerd CVE-2024-40635, CVE-2026-46680. */
    @ParameterizedTest
    @ValueSource(strings = {"4294967296", "-1", "2147483648", "4294967295", "0:4294967296"})
    void userBeyondRangeIsRefused(String user) {
        try {
            containers.refusal(sh("id").user(user));
        } catch (IllegalArgumentException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("user"), e::toString);
        }
    }

    /** The same from an image, where no option is checked. */
    @ParameterizedTest
    @ValueSource(strings = {"4294967296", "-1", "2147483648", "0:4294967296"})
    void userOfAnImageBeyondRangeIsRefused(String user) throws Exception {
        String image = image("USER " + user);
        containers.refusal(RunOptions.of(image, "id"));
    }

    /** Podman CVE-2024-9676: the engine must neither hang nor read the host's file. */
    @ParameterizedTest
    @ValueSource(strings = {"etc/passwd FIFO", "etc/passwd -> /etc/shadow"})
    void accountsThatAreNoFileAreNotRead(String entry) throws Exception {
        String image = image(entry);
        EngineException e = containers.refusal(RunOptions.of(image, "id").user("daemon"));
        assertTrue(message(e).contains("daemon") || message(e).contains("passwd"), message(e));
    }

    /** runc CVE-2025-31133. */
    @Test
    void maskedPathsShowNothing() {
        String script =
                "for f in /proc/kcore /proc/keys /proc/timer_list; do"
                        + " test -e $f && head -c 1 $f | wc -c; done;"
                        + " test ! -e /sys/firmware || ls -A /sys/firmware | wc -l";
        for (String line : containers.run(sh(script)).ok().lines().toList()) {
            assertEquals("0", line);
        }
    }

    /** runc CVE-2025-31133: a null device of the image's own hides nothing, and shows nothing. */
    @Test
    void nullDeviceOfTheImageIsNotUsed() throws Exception {
        String image = image("dev/null -> /proc/sysrq-trigger");
        RunOptions options =
                RunOptions.of(image, "sh", "-c", "cat /proc/kcore; stat -c %t,%T /dev/null");
        assertEquals("1,3\n", containers.run(options.remove(true)).ok());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/sys/kernel/domainname",
                "/proc/sys/vm/swappiness",
                "/proc/sysrq-trigger",
                "/proc/irq/default_smp_affinity",
                "/sys/fs/cgroup/cgroup.procs",
                "/sys/kernel/mm/ksm/run",
                "/proc/1/root/proc/sys/vm/swappiness"
            })
    void kernelSettingsAreReadOnly(String file) {
        var ended = containers.run(sh("test ! -e " + file + " || echo 1 > " + file));
        if (ended.exit() == 0) {
            assertEquals("gone", containers.run(sh("test -e " + file + " || echo gone")).line());
        } else {
            assertTrue(
                    ended.err().contains("ead-only file system")
                            || ended.err().contains("ermission denied")
                            || ended.err().contains("Directory nonexistent"),
                    ended::toString);
        }
    }

    @Test
    void cgroupFilesAreReadOnly() {
        String script =
                "for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/x 2>/dev/null && echo $d; done; true";
        assertEquals("", containers.run(sh(script)).ok());
    }

    /** The default filter; each call would be refused for another reason or succeed without it. */
    @ParameterizedTest
    @CsvSource({
        "AF_ALG socket, 'socket(my $s, 38, 5, 0)'",
        "keyctl, 'syscall(250, 0, -3, 0, 0, 0) >= 0'",
        "add_key, 'syscall(248, 0, 0, 0, 0, 0) >= 0'",
        "bpf, 'syscall(321, 0, 0, 0) >= 0'",
        "userfaultfd, 'syscall(323, 1) >= 0'",
        "io_uring_setup, 'syscall(425, 1, 0) >= 0'",
        "unshare of users, 'syscall(272, 0x10000000) >= 0'",
        "clone3 with users, 'syscall(435, 0, 0) >= 0'",
        "mount, 'syscall(165, 0, 0, 0, 0, 0) >= 0'",
        "open_by_handle_at, 'syscall(304, 0, 0, 0) >= 0'",
        "kexec_load, 'syscall(246, 0, 0, 0, 0) >= 0'",
        "perf_event_open, 'syscall(298, 0, 0, 0, 0, 0) >= 0'",
        "setns, 'syscall(308, -1, 0) >= 0'",
        "ptrace of the first process, 'syscall(101, 16, 1, 0, 0) >= 0'"
    })
    void dangerousCallIsDenied(String name, String call) {
        assumeTrue(
                System.getProperty("os.arch").equals("amd64"), "the numbers are those of x86_64");
        String script = "if (" + call + ") { print 'allowed' } else { print $!+0 }";
        String errno = containers.run(host("/usr/bin/perl", "-e", script)).line();
        // EPERM; or ENOSYS, EAFNOSUPPORT: what a kernel without it says, so that programs do
        // without
        assertTrue(List.of("1", "38", "97").contains(errno), () -> name + ": " + errno);
    }

    @Test
    @Tag("root")
    void setUserIdProgramGainsNothing() throws Exception {
        Files.setAttribute(directory, "unix:mode", 0755);
        Path program = Files.copy(Path.of("/usr/bin/cat"), directory.resolve("cat"));
        Files.setAttribute(program, "unix:mode", 04755);
        RunOptions options =
                host("/v/cat", "/proc/self/status")
                        .user("65534:65534")
                        .volume(Volume.of(directory, "/v"));
        String gained = containers.run(options.securityOpt("no-new-privileges=false")).ok();
        assertTrue(gained.contains("Uid:\t65534\t0\t0\t0"), gained);
        String status = containers.run(options.securityOpt("no-new-privileges=true")).ok();
        assertTrue(status.contains("Uid:\t65534\t65534\t65534\t65534"), status);
        assertTrue(status.contains("CapEff:\t0000000000000000"), status);
    }

    @Test
    void devicesAreTheHarmlessOnes() {
        assertEquals(
                "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero",
                containers.run(sh("echo $(ls /dev)")).line());
    }

    /** The node can be made, with the capability, but not be opened. */
    @Test
    @Tag("root")
    void deviceOfTheHostCannotBeOpened() {
        String script = "mknod /tmp/m c 1 1 && dd if=/tmp/m of=/dev/null bs=1 count=1";
        var ended = containers.run(sh(script));
        assertEquals(1, ended.exit(), ended::toString);
        assertTrue(ended.err().contains("not permitted"), ended::toString);
    }

    @Test
    void hostsSecretsAreNotInTheHostImage() {
        String script =
                "for f in /etc/shadow /etc/sudoers /etc/machine-id /root/.ssh /home/* /etc/ssh;"
                        + " do test -e $f && echo $f; done; true";
        assertEquals("", containers.run(sh(script)).ok());
    }

    @Test
    void hostImageIsReadOnlyBelowUsr() {
        var ended = containers.run(sh("touch /usr/bin/x"));
        assertEquals(1, ended.exit());
        assertTrue(ended.err().contains("Read-only"), ended::toString);
    }

    /** An image from a root file system of links, files and FIFOs that tar packs, with a shell. */
    private String image(String entry) throws Exception {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        List<String> changes = List.of();
        new ProcessBuilder(
                        "tar",
                        "-C",
                        tree.toString(),
                        "-xf",
                        Images.file("busybox.tar").toString(),
                        "--exclude=./dev/*")
                .inheritIO()
                .start()
                .waitFor();
        if (entry.startsWith("USER ")) {
            changes = List.of(entry);
        } else {
            String name = entry.substring(0, entry.indexOf(' '));
            String rest = entry.substring(name.length() + 1);
            Path file = tree.resolve(name);
            if (Files.isDirectory(file)) {
                Files.delete(file);
            }
            Files.deleteIfExists(file);
            if (rest.startsWith("-> ")) {
                Files.createSymbolicLink(file, Path.of(rest.substring(3)));
            } else if (rest.equals("FIFO")) {
                new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
            } else {
                Files.writeString(file, rest + "\n");
                assertTrue(file.toFile().setExecutable(true, false));
            }
        }
        Path tar = directory.resolve("image.tar");
        new ProcessBuilder(
                        "tar",
                        "-C",
                        tree.toString(),
                        "--owner=0",
                        "--group=0",
                        "-cf",
                        tar.toString(),
                        ".")
                .inheritIO()
                .start()
                .waitFor();
        byte[] bytes = Files.readAllBytes(tar);
        return containers
                .engine()
                .images()
                .importTar(new ByteArrayInputStream(bytes), null, changes)
                .id();
    }

    private static String message(EngineException e) {
        return String.valueOf(e.getMessage());
    }
}
