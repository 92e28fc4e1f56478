package dev.carafe.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Further processes in a running container, from other processes of the host. */
abstract class ExecContract extends WallContract {
    ExecContract(String isolation) {
        super(isolation);
    }

    @Test
    void aFurtherProcessIsInTheContainer() throws Exception {
        Process running =
                start(
                        "box",
                        "--rm",
                        "-h",
                        "box",
                        "-e",
                        "A=a",
                        "-w",
                        "/usr",
                        "--tmpfs",
                        "/mnt",
                        "host",
                        "sh",
                        "-c",
                        "echo mine > /mnt/first; exec sleep 300");
        try {
            String script =
                    """
                    echo "$(hostname) $A $(pwd) $(id -u):$(id -g) $$"
                    cat /mnt/first; echo theirs > /mnt/second
                    tr '\\0' ' ' < /proc/1/cmdline; echo
                    grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status /proc/1/status \\
                        | cut -d: -f2- | sort | uniq -c | sed 's/^ *//'
                    ls /proc/self/fd | wc -l
                    echo error >&2
                    exit 42
                    """;
            var result = carafe.run("exec", "box", "sh", "-c", script).exits(42);
            String[] lines = result.out().split("\n", -1);
            assertTrue(lines[0].startsWith("box a /usr 0:0 "), result::toString);
            assertTrue(!lines[0].endsWith(" 1"), result::toString);
            assertEquals("mine", lines[1], result::toString);
            assertEquals("sleep 300 ", lines[2], result::toString);
            // the same lines of both
            assertEquals("2 CapBnd:\t00000000a80425fb", lines[3], result::toString);
            assertEquals("2 CapEff:\t00000000a80425fb", lines[4], result::toString);
            assertEquals("2 NoNewPrivs:\t1", lines[5], result::toString);
            assertEquals("2 Seccomp:\t2", lines[6], result::toString);
            assertEquals("4", lines[7], result::toString);
            assertEquals("error\n", result.err(), result::toString);

            script = "echo $A $B $HOME $(pwd) $(id -u):$(id -g) $(cat /mnt/second)";
            result =
                    carafe.run(
                            "exec", "-u", "nobody", "-w", "/tmp", "-e", "A=x", "-e", "B=b", "box",
                            "sh", "-c", script);
            assertEquals(
                    "x b /nonexistent /tmp 65534:65534 theirs\n",
                    result.ok().out(),
                    result::toString);

            script = "grep CapEff /proc/self/status; grep Seccomp: /proc/self/status";
            result = carafe.run("exec", "--privileged", "box", "sh", "-c", script).ok();
            lines = result.out().split("\\s+", -1);
            long sysAdmin = 1 << 21;
            assertTrue((Long.parseLong(lines[1], 16) & sysAdmin) != 0, result::toString);
            assertEquals("2", lines[3], result::toString);

            assertEquals("", carafe.run("exec", "-d", "box", "touch", "/mnt/detached").ok().out());
            script = "while ! [ -e /mnt/detached ]; do sleep 0.1; done";
            carafe.run("exec", "box", "sh", "-c", script).ok();
        } finally {
            carafe.run("kill", "box");
            end(running);
        }
    }

    @Test
    void exitCodesAndRefusalsAreDockers() throws Exception {
        Process running = start("codes", "host", "sleep", "300");
        try {
            for (int code : new int[] {0, 1, 125, 126, 127, 128, 255}) {
                carafe.run("exec", "codes", "sh", "-c", "exit " + code).exits(code);
            }
            carafe.run("exec", "codes", "sh", "-c", "kill -TERM $$").exits(143);
            refused(127, "no-such-command", "exec", "codes", "no-such-command");
            refused(126, "/etc/passwd", "exec", "codes", "/etc/passwd");
            refused(127, "/no/directory", "exec", "-w", "/no/directory", "codes", "true");
            refused(1, "nosuchuser", "exec", "-u", "nosuchuser", "codes", "true");
            refused(1, "no such container: other", "exec", "other", "true");
        } finally {
            carafe.run("kill", "codes");
            assertEquals(137, end(running));
        }
        refused(1, "is not running", "exec", "codes", "true");
        carafe.run("rm", "codes").ok();
    }

    private static void refused(int code, String told, String... args) {
        var result = carafe.run(args).exits(code);
        assertEquals(1, result.err().lines().count(), result::toString);
        assertTrue(result.err().contains(told), result::toString);
        assertEquals("", result.out(), result::toString);
    }

    @Test
    void severalAtOnceHaveTheirOwnStreams(@TempDir Path directory) throws Exception {
        Process running = start("several", "--rm", "host", "sleep", "300");
        try {
            byte[] bytes = new byte[2 << 20];
            new Random(2).nextBytes(bytes);
            Path input = Files.write(directory.resolve("input"), bytes);
            List<Process> execs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                String script = "cat; echo " + i + " >&2; exit " + i;
                ProcessBuilder builder =
                        new ProcessBuilder(
                                Carafe.home().resolve("carafe").toString(),
                                "exec",
                                "-i",
                                "several",
                                "sh",
                                "-c",
                                script);
                builder.environment().put("CARAFE_ROOT", carafe.root().toString());
                execs.add(
                        builder.redirectInput(input.toFile())
                                .redirectOutput(directory.resolve("out" + i).toFile())
                                .redirectError(directory.resolve("err" + i).toFile())
                                .start());
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(i, end(execs.get(i)));
                assertEquals(i + "\n", Files.readString(directory.resolve("err" + i)));
                assertEquals(-1, Files.mismatch(input, directory.resolve("out" + i)));
            }
        } finally {
            carafe.run("kill", "several");
            end(running);
        }
    }

    @Test
    void aTerminalIsTheCallers() throws Exception {
        Process running = start("terminal", "--rm", "host", "sleep", "300");
        try {
            String inside = "stty size; tty; read line; echo got $line; sleep 60";
            String line =
                    "stty rows 33 cols 101; exec "
                            + Carafe.home().resolve("carafe").toAbsolutePath()
                            + " exec -it terminal sh -c '"
                            + inside
                            + "'";
            ProcessBuilder builder = new ProcessBuilder("script", "-qec", line, "/dev/null");
            builder.environment().put("CARAFE_ROOT", carafe.root().toString());
            Process process = builder.redirectErrorStream(true).start();
            StringBuilder shown = new StringBuilder();
            awaitShown(process, shown, "/dev/pts/");
            process.getOutputStream().write("word\r".getBytes(UTF_8));
            process.getOutputStream().flush();
            awaitShown(process, shown, "got word");
            process.getOutputStream().write(3); // ctrl-c
            process.getOutputStream().flush();
            assertEquals(130, end(process), shown::toString);
            assertTrue(shown.toString().contains("33 101\r\n"), shown::toString);
        } finally {
            carafe.run("kill", "terminal");
            end(running);
        }
    }

    private static void awaitShown(Process process, StringBuilder shown, String text)
            throws Exception {
        while (shown.indexOf(text) < 0) {
            int next = process.getInputStream().read();
            if (next < 0) {
                throw new AssertionError("the terminal ended: " + shown);
            }
            shown.append((char) next);
        }
    }
}
