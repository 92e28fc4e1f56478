package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code run} gives a process: its surroundings, its streams, its exit code. */
abstract class RunContract extends WallContract {
    RunContract(String isolation) {
        super(isolation);
    }

    @Test
    void theProcessHasWhatOptionsAndImageSay() {
        String script =
                """
                echo "ids $(id -u) $(id -g) $(id -G)"
                echo "at $(pwd) on $(hostname) $(cat /etc/hostname)"
                echo "A=$A B=$B HOME=$HOME"
                echo "first is $(tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1)"
                printf '<%s>' "$0" "$@"; echo
                echo "files $(ulimit -n) umask $(umask)"
                grep -c . /etc/resolv.conf > /dev/null && grep box /etc/hosts
                """;
        var result =
                run(
                                "--rm",
                                "-u",
                                "1234:4321",
                                "--group-add",
                                "77",
                                "-w",
                                "/tmp",
                                "-h",
                                "box",
                                "-e",
                                "A=a b",
                                "-e",
                                "B=ü",
                                "--ulimit",
                                "nofile=100:200",
                                "host",
                                "sh",
                                "-c",
                                script,
                                "zero",
                                "one two",
                                "",
                                "dré")
                        .ok();
        String out = result.out();
        assertTrue(out.contains("ids 1234 4321 4321 77\n"), result::toString);
        assertTrue(out.contains("at /tmp on box box\n"), result::toString);
        assertTrue(out.contains("A=a b B=ü HOME=/\n"), result::toString);
        assertTrue(out.contains("first is sh\n"), result::toString);
        assertTrue(out.contains("<zero><one two><><dré>\n"), result::toString);
        assertTrue(out.contains("files 100 umask 0022\n"), result::toString);
        assertTrue(out.contains("127.0.0.1\tbox\n"), result::toString);
        assertEquals("", result.err());
    }

    @Test
    void theExitCodeIsTheProcess() {
        run("--rm", "host", "true").ok();
        run("--rm", "host", "sh", "-c", "exit 255").exits(255);
        // the shell is a child of the first process, whose signals the kernel would hold back
        run("--rm", "host", "sh", "-c", "sh -c 'kill -KILL $$'; exit $?").exits(137);
    }

    @Test
    void whatCannotBeExecutedIsOneLineAndACode() {
        for (String[] tried : new String[][] {{"no-such-command", "127"}, {"/etc/passwd", "126"}}) {
            var result = run("--rm", "host", tried[0]).exits(Integer.parseInt(tried[1]));
            assertEquals(1, result.err().lines().count(), result::toString);
            assertTrue(result.err().contains(tried[0]), result::toString);
        }
    }

    @Test
    void streamsAreWholeAndApart() throws Exception {
        byte[] bytes = new byte[3 << 20];
        new Random(1).nextBytes(bytes);
        // the count comes after the end of the input was seen
        Process process =
                carafe.start(
                        line("--rm", "-i", "host", "sh", "-c", "tee /dev/stderr | cat; echo end"));
        Thread feeder =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try (var in = process.getOutputStream()) {
                                        in.write(bytes);
                                    } catch (IOException e) {
                                        // told by what comes out
                                    }
                                });
        byte[][] err = new byte[1][];
        Thread reader =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        err[0] = process.getErrorStream().readAllBytes();
                                    } catch (IOException e) {
                                        err[0] = new byte[0];
                                    }
                                });
        byte[] out = process.getInputStream().readAllBytes();
        reader.join();
        feeder.join();
        assertEquals(0, end(process));
        assertArrayEquals(bytes, err[0]);
        assertEquals(bytes.length + 4, out.length);
        assertArrayEquals(bytes, Arrays.copyOf(out, bytes.length));
    }

    @Test
    void withoutInputThereIsNone() {
        var result = runWithInput("unread".getBytes(StandardCharsets.UTF_8), "--rm", "host", "cat");
        assertEquals("", result.ok().out());
    }

    @Test
    void aReaderThatGoesAwayEndsTheWriter() throws Exception {
        Process process = carafe.start(line("--rm", "host", "sh", "-c", "yes; exit $?"));
        try (InputStream out = process.getInputStream()) {
            assertEquals(1 << 20, out.readNBytes(1 << 20).length);
        }
        assertEquals(141, end(process));
    }

    @Test
    void mountsShowTheHostAndKeepIt(@TempDir Path host) throws Exception {
        Path writable = Files.createDirectory(host.resolve("writable"));
        Path kept = Files.createDirectory(host.resolve("kept"));
        Path note = Files.writeString(host.resolve("note"), "one file\n");
        Files.writeString(kept.resolve("there"), "there\n");
        String script =
                """
                echo written > /w/new && chmod 640 /w/new && ln -s new /w/link
                cat /k/there /etc/note
                echo no > /k/there 2> /dev/null && echo "wrote what is read-only"
                echo no > /etc/note 2> /dev/null && echo "wrote a read-only file"
                echo no > /opt/x 2> /dev/null && echo "wrote a read-only root"
                touch /t/x && echo "tmpfs $(stat -f -c %T /t) $(df -k /t | tail -1 | awk '{print $2}')"
                head -c 2000000 /dev/zero > /t/big 2> /dev/null || echo "tmpfs is full"
                stat -c %a /t
                echo shm > /dev/shm/x && echo "shm ok"
                """;
        var result =
                run(
                                "--rm",
                                "--read-only",
                                "-v",
                                writable + ":/w",
                                "-v",
                                kept + ":/k:ro",
                                "--mount",
                                "type=bind,source=" + note + ",target=/etc/note,readonly",
                                "--tmpfs",
                                "/t:size=1m,mode=1770",
                                "host",
                                "sh",
                                "-c",
                                script)
                        .ok();
        assertEquals(
                """
                there
                one file
                tmpfs tmpfs 1024
                tmpfs is full
                1770
                shm ok
                """,
                result.out(),
                result::toString);
        assertEquals("written\n", Files.readString(writable.resolve("link")));
        assertEquals("there\n", Files.readString(kept.resolve("there")));
        assertEquals("one file\n", Files.readString(note));
    }

    @Test
    void anImageIsWhatItsConfigurationSays() throws Exception {
        carafe.run("load", "-q", "-i", Images.file("busybox.oci.tar").toString()).ok();
        String image = carafe.run("images", "-q").ok().out().strip();
        String script =
                "echo $FROM_IMAGE $(pwd) $(id -un); echo x > /bin/new; ls /bin/new; rm /bin/ls; /bin/ls";
        var result = run("--rm", image, "sh", "-c", script);
        assertEquals("yes /tmp root\n/bin/new\n", result.out(), result::toString);
        assertEquals(127, result.exit(), result::toString);
        // what the first wrote and removed is its own
        result = run("--rm", image, "sh", "-c", "ls /bin/new /bin/ls").exits(1);
        assertEquals("/bin/ls\n", result.out(), result::toString);
    }

    @Test
    void aProcessMayDoNoMoreThanOthers() {
        String script =
                """
                grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status
                mount -t tmpfs none /mnt 2> /dev/null && echo "mounted"
                echo 1 > /proc/sys/kernel/panic 2> /dev/null && echo "wrote /proc/sys"
                head -c 1 /proc/kcore 2> /dev/null | grep -q . && echo "read /proc/kcore"
                echo x > /sys/kernel/profiling 2> /dev/null && echo "wrote /sys"
                ls /proc/self/fd | wc -l
                """;
        String sets =
                """
                CapInh:\t0000000000000000
                CapPrm:\t%1$s
                CapEff:\t%1$s
                CapBnd:\t%1$s
                CapAmb:\t0000000000000000
                NoNewPrivs:\t1
                Seccomp:\t2
                4
                """;
        var result = run("--rm", "host", "sh", "-c", script).ok();
        assertEquals(sets.formatted("00000000a80425fb"), result.out(), result::toString);
        result = run("--rm", "--cap-drop", "ALL", "host", "sh", "-c", script).ok();
        assertEquals(sets.formatted("0000000000000000"), result.out(), result::toString);
    }

    @Test
    void limitsHold() {
        // what tail keeps of one line without an end is all of it
        String script =
                """
                head -c 400000000 /dev/zero | tail > /dev/null; echo "tail ended with $?"
                (for i in $(seq 100); do sleep 60 & done) 2> /dev/null
                set -- /proc/[0-9]*; echo $#
                """;
        var result =
                run(
                        "--rm",
                        "-m",
                        "150m",
                        "--memory-swap",
                        "150m",
                        "--pids-limit",
                        "50",
                        "host",
                        "sh",
                        "-c",
                        script);
        String[] lines = result.ok().out().split("\n", -1);
        assertEquals("tail ended with 137", lines[0], result::toString);
        int processes = Integer.parseInt(lines[1]);
        assertTrue(processes > 40 && processes <= 50, result::toString);
    }

    @Test
    void twoAtOnceDoNotSeeEachOther() throws Exception {
        String script = "hostname; sleep 1; set -- /proc/[0-9]*; echo $#; ls /tmp";
        Process one = carafe.start(line("--rm", "-h", "one", "host", "sh", "-c", script));
        Process two = carafe.start(line("--rm", "-h", "two", "host", "sh", "-c", script));
        String first = new String(one.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String second = new String(two.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, end(one));
        assertEquals(0, end(two));
        assertTrue(first.startsWith("one\n"), first);
        assertTrue(second.startsWith("two\n"), second);
        assertEquals(first.substring(4), second.substring(4));
    }
}
