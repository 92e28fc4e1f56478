package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.vm.Confined;
import dev.carafe.engine.vm.Program;
import dev.carafe.engine.vm.Shares;
import dev.carafe.engine.vm.Shares.Share;
import dev.carafe.runtime.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Directories and files of the host in a guest, over virtio-fs. */
class SharesTest {
    private static final long USER = Program.userOf("5ba2e5000000");

    /** Runs a command, and says whether it did what was expected of it. */
    private static final String CHECK =
            """
            can() { name="$1"; shift; if sh -c "$*" > /tmp/said 2>&1; then echo "ok $name"; else
              echo "FAILED $name: $(cat /tmp/said)"; fi; }
            cannot() { name="$1"; why="$2"; shift 2; if sh -c "$*" > /tmp/said 2>&1; then
              echo "FAILED $name: it was done"; elif grep -q "$why" /tmp/said; then echo "ok $name"; else
              echo "FAILED $name: $(cat /tmp/said)"; fi; }
            """;

    @RegisterExtension final Carafe carafe = new Carafe();

    private Path state = Path.of("/nonexistent");
    private Path writable = state;
    private Path readOnly = state;

    @BeforeEach
    void directories() throws IOException {
        Guest.assumePossible();
        assumeTrue(
                List.of("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd")
                        .stream()
                        .anyMatch(p -> Files.isExecutable(Path.of(p))),
                "needs a virtiofsd");
        state = Files.createDirectory(carafe.root().resolve("state"));
        writable = Files.createDirectory(carafe.root().resolve("writable"));
        readOnly = Files.createDirectory(carafe.root().resolve("read-only"));
    }

    private Confined confined() throws IOException {
        return ConfinedTest.confined(carafe.root());
    }

    private Shares start(Share... shares) throws Exception {
        return Shares.start(confined(), List.of(shares), state, USER, Optional.empty());
    }

    /** Runs a script in a guest with these shares; fails unless every check of it succeeded. */
    private String guest(Guest.Machine machine, String script, Share... shares) throws Exception {
        try (Shares started = start(shares)) {
            String said = Guest.run(confined(), USER, machine, started, state, CHECK + script);
            assertFalse(said.contains("FAILED"), said);
            assertTrue(said.contains("ok "), said);
            return said;
        }
    }

    @ParameterizedTest
    @EnumSource(Guest.Machine.class)
    @Tag("rootless")
    void aDirectoryIsReadAndWritten(Guest.Machine machine) throws Exception {
        Files.writeString(writable.resolve("hello"), "from the host\n");
        Files.createSymbolicLink(writable.resolve("root"), Path.of("/"));
        Path secret = Files.writeString(carafe.root().resolve("secret"), "secret");
        guest(
                machine,
                """
                cd /share/0
                can read '[ "$(cat hello)" = "from the host" ]'
                can write 'echo from the guest > new; echo more >> new; [ $(wc -l < new) = 2 ]'
                can 'change modes' 'chmod 640 new; [ $(stat -c %%a new) = 640 ]'
                can 'make directories' 'mkdir -p a/b/c; mv a d; rmdir d/b/c; [ -d d/b ]'
                can 'link' 'ln new hard; [ $(stat -c %%h new) = 2 ]; rm hard'
                can 'make symbolic links' 'ln -s hello soft; [ "$(cat soft)" = "from the host" ]'
                can 'make a pipe' 'mkfifo pipe; (echo x > pipe &); [ $(cat pipe) = x ]'
                can 'use a file that was removed' \\
                  'exec 3> gone; exec 4< gone; rm gone; echo here >&3; [ "$(cat <&4)" = here ]'
                can 'truncate' 'truncate -s 1000000 big; truncate -s 10 big; [ $(stat -c %%s big) = 10 ]'
                can 'run a program' 'cp /bin/busybox busybox; ./busybox true'
                can 'make many files' \\
                  'mkdir many; cd many; for i in $(seq 100); do echo $i > $i; done; [ $(ls | wc -l) = 100 ]'
                can 'see each of them' 'cd many; [ $(cat * | wc -l) = 100 ]; rm -r ../many'
                cannot 'make a device of the host' 'not permitted' 'mknod disk b 8 0'
                cannot 'leave by a link' 'No such file' 'cat root%1$s'
                cannot 'leave by dots' 'No such file' 'cat /share/0/../../%1$s ../../../../%1$s'
                """
                        .formatted(secret),
                new Share(writable, false));
        assertEquals("from the guest\nmore\n", Files.readString(writable.resolve("new")));
        assertEquals("hello", Files.readSymbolicLink(writable.resolve("soft")).toString());
        assertTrue(Files.isDirectory(writable.resolve("d/b")));
    }

    @Test
    @Tag("rootless")
    void aReadOnlyOneIsNotWritten() throws Exception {
        Files.writeString(readOnly.resolve("f"), "as it was");
        Files.createDirectory(readOnly.resolve("d"));
        Files.setAttribute(readOnly.resolve("f"), "unix:mode", 0666);
        Files.setAttribute(readOnly, "unix:mode", 0777);
        guest(
                Guest.Machine.MICROVM,
                """
                cd /share/1
                can read '[ "$(cat f)" = "as it was" ]'
                mount -o remount,rw /share; mount -o remount,rw /share/1 2> /dev/null
                for what in 'echo x > f' 'echo x >> f' 'echo x > new' 'mkdir new' 'rm f' 'rmdir d' 'mv f g' \\
                  'ln f g' 'ln -s f g' 'chmod 600 f' 'chown 0:0 f' 'touch -d 2001-01-01 f' 'truncate -s 0 f' \\
                  'mkfifo g' 'mv d /share/0/d2' 'ln f /share/0/f2'; do
                  cannot "$what" 'Read-only file system\\|cross-device\\|Invalid cross' "$what"
                done
                """,
                new Share(writable, false),
                new Share(readOnly, true));
        assertEquals("as it was", Files.readString(readOnly.resolve("f")));
    }

    @Test
    @Tag("rootless")
    void singleFilesAreShared() throws Exception {
        Path file = Files.writeString(carafe.root().resolve("file"), "one\n");
        Path sealed = Files.writeString(carafe.root().resolve("sealed"), "sealed\n");
        guest(
                Guest.Machine.Q35,
                """
                touch /tmp/at; mount --bind /share/0 /tmp/at
                can 'read a file' '[ "$(cat /tmp/at)" = one ]'
                can 'write a file' 'echo two >> /tmp/at'
                can 'read a sealed file' '[ "$(cat /share/1)" = sealed ]'
                cannot 'write a sealed file' 'Read-only file system' 'echo x >> /share/1'
                cannot 'make others beside them' 'Read-only' 'echo x > /share/2'
                """,
                new Share(file, false),
                new Share(sealed, true));
        assertEquals("one\ntwo\n", Files.readString(file));
        assertEquals("sealed\n", Files.readString(sealed));
    }

    @Test
    @Tag("rootless")
    void eachSideSoonSeesWhatTheOtherDid() throws Exception {
        Files.writeString(writable.resolve("data"), "old\n");
        Files.writeString(writable.resolve("stale"), "");
        Thread host =
                Thread.ofPlatform()
                        .daemon()
                        .start(
                                () -> {
                                    try {
                                        Path go = writable.resolve("go");
                                        while (!Files.exists(go) || Files.size(go) == 0) {
                                            Thread.sleep(5);
                                        }
                                        String seen = Files.readString(go);
                                        Files.writeString(
                                                writable.resolve("data"), "new and longer\n");
                                        Files.writeString(writable.resolve("fresh"), seen);
                                        Files.delete(writable.resolve("stale"));
                                        Files.delete(writable.resolve("go"));
                                    } catch (IOException | InterruptedException e) {
                                        throw new AssertionError(e);
                                    }
                                });
        guest(
                Guest.Machine.Q35,
                """
                cd /share/0
                exec 5< data
                cat data stale; ls > /tmp/before; [ -e fresh ] && echo FAILED fresh
                exec 6> go; echo said >&6
                while [ -e go ]; do cat data stale > /dev/null 2>&1; done
                usleep 150000
                can 'see new data' '[ "$(cat data)" = "new and longer" ]'
                can 'see it in an open file' '[ "$(cat <&5)" = "new and longer" ]'
                can 'see the size' '[ $(stat -c %s data) = 15 ]'
                can 'see a new file' '[ "$(cat fresh)" = said ]'
                cannot 'see a removed one' 'No such file' 'cat stale'
                can 'list them' 'ls | grep fresh; ! ls | grep stale'
                """,
                new Share(writable, false));
        host.join();
    }

    @Test
    @Tag("rootless")
    void memoryMapsAreOfTheFile() throws Exception {
        assumeTrue(Files.isSymbolicLink(Path.of("/lib64")), "needs a host with a merged /usr");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "needs perl");
        Files.writeString(writable.resolve("data"), "old old old\n");
        Files.writeString(writable.resolve("source"), "NEW");
        // mmap, read(2) into the mapping, msync, munmap by their numbers on x86_64
        Files.writeString(
                writable.resolve("map.pl"),
                """
                open(my $f, '+<', '/share/data') or die "open: $!"; open(my $s, '<', '/share/source') or die;
                my $at = syscall(9, 0, 4096, 3, 1, fileno($f), 0); die "mmap: $!" if $at == -1;
                syscall(0, fileno($s), $at + 4, 3) == 3 or die "read: $!";
                syscall(26, $at, 4096, 4) == 0 or die "msync: $!";
                syscall(11, $at, 4096) == 0 or die;
                open(my $c, '<', '/share/data') or die; print scalar(<$c>);
                """);
        String said =
                guest(
                        Guest.Machine.Q35,
                        """
                        mkdir -p /h/usr /h/share; for l in lib lib64 bin; do ln -s usr/$l /h/$l; done
                        mount --bind /share/1 /h/usr; mount --bind /share/0 /h/share
                        can 'map memory' 'chroot /h /usr/bin/perl /share/map.pl > /tmp/map; grep -x "old NEW old" /tmp/map'
                        """,
                        new Share(writable, false),
                        new Share(Path.of("/usr"), true));
        assertTrue(said.contains("ok map memory"), said);
        assertEquals("old NEW old\n", Files.readString(writable.resolve("data")));
    }

    @Test
    void ownersAreTheHosts() throws Exception {
        assumeTrue(
                Carafe.isRoot() || ConfinedTest.ids().uids().size() > 1,
                "this user has one id, which is root's in the guest");
        guest(
                Guest.Machine.Q35,
                """
                cd /share/0
                touch hers; chown 1234:0 hers
                can 'see owners' '[ $(stat -c %u:%g hers) = 1234:0 ]'
                can 'give away' 'touch mine; chown 12:34 mine; [ $(stat -c %u:%g mine) = 12:34 ]'
                mkdir -p /etc; echo 'her:x:1234:88::/:/bin/sh' > /etc/passwd; mkdir -m 777 all; mkdir -m 755 mine2
                can 'write as a user' 'su her -c "echo x > hers; echo x > all/f"; [ $(stat -c %u:%g all/f) = 1234:88 ]'
                cannot 'write as a user elsewhere' 'denied' 'su her -c "echo x > mine2/f"'
                """,
                new Share(writable, false));
        if (Carafe.isRoot()) {
            assertEquals(12, Files.getAttribute(writable.resolve("mine"), "unix:uid"));
            assertEquals(34, Files.getAttribute(writable.resolve("mine"), "unix:gid"));
        } else {
            long first = ConfinedTest.ids().uids().get(1).hostID();
            assertEquals(
                    (int) first + 11, Files.getAttribute(writable.resolve("mine"), "unix:uid"));
        }
    }

    @Test
    void theReadOnlyMountIsTheHosts() throws Exception {
        assumeTrue(Carafe.isRoot(), "only root enters the daemon's namespace");
        Path below = Files.createDirectory(readOnly.resolve("below"));
        Tools.run(List.of("mount", "-t", "tmpfs", "carafe-test", below.toString()), state);
        try (Shares shares = start(new Share(readOnly, true), new Share(writable, false))) {
            int pid = shares.process().process().pid();
            String mounts = Files.readString(Path.of("/proc/" + pid + "/mountinfo"));
            for (String place : List.of("/run/share/0", "/run/share/0/below")) {
                String line =
                        mounts.lines()
                                .filter(l -> l.contains(" " + place + " "))
                                .findFirst()
                                .orElse("");
                assertTrue(line.contains(" ro,nosuid,nodev,noexec"), mounts);
            }
            // not even with every privilege, as a daemon that a guest has taken over has not
            var refused =
                    assertThrows(
                            AssertionError.class,
                            () ->
                                    Tools.run(
                                            List.of(
                                                    "nsenter",
                                                    "-t",
                                                    "" + pid,
                                                    "-m",
                                                    "touch",
                                                    "/run/share/0/below/x"),
                                            state));
            assertTrue(String.valueOf(refused.getMessage()).contains("Read-only file system"));
            String status = Files.readString(Path.of("/proc/" + pid + "/status"));
            assertTrue(
                    status.contains("CapBnd:\t00000000800401db\n"),
                    status); // no SYS_ADMIN, no MKNOD
            assertTrue(status.contains("Seccomp:\t2\n"), status);
        } finally {
            Tools.run(List.of("umount", below.toString()), state);
        }
    }

    @Test
    @Tag("rootless")
    void theDaemonEndsWithTheGuestAndTheSocketWithTheShares() throws Exception {
        Path socket;
        try (Shares shares = start(new Share(writable, false))) {
            socket = shares.socket();
            assertTrue(Files.exists(socket, LinkOption.NOFOLLOW_LINKS));
            assertTrue(shares.process().process().poll().isEmpty());
            Guest.run(confined(), USER, Guest.Machine.Q35, shares, state, "");
            assertEquals(0, shares.process().process().await());
        }
        assertFalse(Files.exists(socket, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    @Tag("rootless")
    void whatIsMissingIsNamed() {
        Share missing = new Share(Path.of("/nonexistent/data"), false);
        var refused = assertThrows(StartException.class, () -> start(missing));
        assertEquals(
                "volume /nonexistent/data: no such file or directory on the host",
                refused.getMessage());
        assertFalse(Files.exists(state.resolve("share.sock"), LinkOption.NOFOLLOW_LINKS));
    }
}
