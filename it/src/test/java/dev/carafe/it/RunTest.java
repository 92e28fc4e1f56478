package dev.carafe.it;

import static dev.carafe.it.Containers.host;
import static dev.carafe.it.Containers.sh;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.Container;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.NamespaceMode;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Stdio;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process in a container, from its arguments to its end. */
@Tag("rootless")
class RunTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @RegisterExtension final Containers containers = new Containers(carafe);

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 255})
    void exitCodeIsTheProcess(int code) {
        assertEquals(code, containers.run(sh("exit " + code)).exit());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 9, 11, 15})
    void signalIs128More(int signal) {
        // the first process of a PID namespace ignores what it has no handler for, even from
        // itself
        assertEquals(
                128 + signal,
                containers.run(sh("sh -c 'kill -" + signal + " $$'; exit $?")).exit());
    }

    @Test
    void killEndsTheProcess() {
        try (Container container = containers.engine().run(host("/bin/sleep", "100"))) {
            assertTrue(container.exitCode().isEmpty());
            assertTrue(container.kill(9));
            assertEquals(137, container.waitFor());
            assertFalse(container.kill(9), "it has ended");
            assertEquals(137, container.waitFor(), "a second wait tells the same");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-command", "/no/such/command"})
    void missingCommandIs127(String command) {
        EngineException e = containers.refusal(host(command));
        assertEquals(127, e.code().exitCode(), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(command), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc", "/etc/passwd", "/"})
    void commandThatIsNotAProgramIs126(String command) {
        EngineException e = containers.refusal(host(command));
        assertEquals(126, e.code().exitCode(), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(command), e.getMessage());
    }

    @Test
    void commandIsFoundInThePathOfTheContainer() throws IOException {
        RunOptions options = RunOptions.of(containers.load("busybox.oci.tar"), "true");
        assertEquals(0, containers.run(options.remove(true)).exit());
        options.env("PATH", "/nowhere");
        assertEquals(127, containers.refusal(options).code().exitCode());
    }

    @Test
    void unknownImageIs125AndNamed() {
        EngineException e = containers.refusal(RunOptions.of("no-such-image:1", "true"));
        assertEquals(EngineException.Code.NO_SUCH_IMAGE, e.code());
        assertEquals(125, e.code().exitCode());
        assertTrue(String.valueOf(e.getMessage()).contains("no-such-image"), e.getMessage());
    }

    @Test
    void outputAndErrorsStayApart() {
        Containers.Ended ended = containers.run(sh("echo out; echo err >&2; exit 4"));
        assertEquals(new Containers.Ended(4, "out\n", "err\n"), ended);
    }

    @Test
    void withoutInputThereIsItsEnd() {
        assertEquals("0", containers.run(sh("cat | wc -c")).line());
    }

    @Test
    void inputReachesTheProcess() {
        byte[] input = "grüße\n".getBytes(StandardCharsets.UTF_8);
        assertEquals("grüße\n", containers.run(host("/bin/cat"), input).ok());
    }

    /** More than any pipe holds, both ways at once. */
    @Test
    void hundredMegabytesPassIntact() throws Exception {
        byte[] block = new byte[1 << 20];
        new Random(7).nextBytes(block);
        MessageDigest sent = MessageDigest.getInstance("SHA-256");
        MessageDigest got = MessageDigest.getInstance("SHA-256");
        try (Container container = containers.engine().run(host("/bin/cat"), Stdio.PIPES)) {
            var feeding =
                    CompletableFuture.runAsync(
                            () -> {
                                try (OutputStream stdin = container.stdin()) {
                                    for (int i = 0; i < 100; i++) {
                                        block[0] = (byte) i;
                                        sent.update(block);
                                        stdin.write(block);
                                    }
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            },
                            task -> Thread.ofPlatform().start(task));
            long count = 0;
            try (InputStream stdout = new DigestInputStream(container.stdout(), got)) {
                byte[] buffer = new byte[1 << 16];
                for (int n = stdout.read(buffer); n >= 0; n = stdout.read(buffer)) {
                    count += n;
                }
            }
            feeding.join();
            assertEquals(100L << 20, count);
            assertArrayEquals(sent.digest(), got.digest());
            assertEquals(0, container.waitFor());
        }
    }

    @Test
    void writerEndsWhenItsReaderGoes() throws IOException {
        try (Container container =
                containers.engine().run(sh("yes; echo ended $? >&2"), Stdio.CAPTURE)) {
            try (InputStream stdout = container.stdout()) {
                assertEquals('y', stdout.read());
            }
            try (InputStream stderr = container.stderr()) {
                String told = new String(stderr.readAllBytes(), StandardCharsets.UTF_8);
                // 141: SIGPIPE has its default action again, though the JVM ignores it
                assertTrue(told.contains("ended 141"), told);
            }
            assertEquals(0, container.waitFor());
        }
    }

    @Test
    void noSignalIsBlockedOrIgnored() {
        String status = containers.run(host("/bin/cat", "/proc/self/status")).ok();
        assertTrue(status.contains("SigBlk:\t0000000000000000"), status);
        assertTrue(status.contains("SigIgn:\t0000000000000000"), status);
    }

    @Test
    void environmentIsTheImagesAndTheOptions() throws IOException {
        RunOptions options =
                RunOptions.of(containers.load("busybox.oci.tar"), "env")
                        .remove(true)
                        .env("A", "b c=d")
                        .env("EMPTY", "")
                        .hostname("web");
        List<String> env = containers.run(options).ok().lines().sorted().toList();
        assertEquals(
                List.of(
                        "A=b c=d",
                        "EMPTY=",
                        "FROM_IMAGE=yes",
                        "HOME=/root",
                        "HOSTNAME=web",
                        "PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                env);
    }

    @Test
    void nothingOfTheHostsEnvironmentComesIn() {
        String env = containers.run(host("/usr/bin/env")).ok();
        assertEquals(
                List.of("HOME", "HOSTNAME", "PATH"),
                env.lines().map(l -> l.substring(0, l.indexOf('='))).sorted().toList());
    }

    @Test
    void argumentsPassUnchanged() {
        String[] odd = {"/usr/bin/printf", "[%s]", "", " a  b ", "$HOME", "'\"\\", "ü", "*", "-x"};
        assertEquals("[][ a  b ][$HOME]['\"\\][ü][*][-x]", containers.run(host(odd)).ok());
    }

    @Test
    void imageGivesCommandAndDirectory() throws IOException {
        RunOptions options = RunOptions.of(containers.load("busybox.oci.tar")).remove(true);
        assertEquals(
                "/tmp\n", containers.run(options, "pwd\n".getBytes(StandardCharsets.UTF_8)).ok());
    }

    @Test
    void entryPointStandsBeforeTheCommand() throws IOException {
        RunOptions options =
                RunOptions.of(containers.load("busybox.oci.tar"), "a", "b")
                        .entrypoint(List.of("echo", "first"))
                        .remove(true);
        assertEquals("first a b\n", containers.run(options).ok());
    }

    @Test
    void workingDirectoryIsMadeWhenMissing() {
        assertEquals("/made/for/it", containers.run(sh("pwd").workdir("/made/for/it")).line());
        assertEquals("/etc", containers.run(sh("pwd").workdir("/etc")).line());
        assertEquals("/", containers.run(sh("pwd")).line());
    }

    @Test
    void workingDirectoryThatIsAFileIsRefused() {
        EngineException e = containers.refusal(sh("pwd").workdir("/etc/passwd"));
        assertTrue(String.valueOf(e.getMessage()).contains("/etc/passwd"), e.getMessage());
    }

    @Test
    void defaultUserIsRoot() {
        assertEquals("0:0", containers.run(sh("echo $(id -u):$(id -g)")).line());
    }

    @ParameterizedTest
    @ValueSource(strings = {"web", "1000", "1000:1000", "web:web", "web:1000"})
    void userByNameAndNumber(String user) throws IOException {
        assumeRanges();
        RunOptions options =
                RunOptions.of(containers.load("busybox.oci.tar"), "sh", "-c", "id -u; id -g; id -G")
                        .user(user)
                        .remove(true);
        List<String> ids = containers.run(options).ok().lines().toList();
        assertEquals(List.of("1000", "1000"), ids.subList(0, 2), user);
        // as in Docker, a group that is named takes the place of those of /etc/group
        boolean named = user.indexOf(':') >= 0;
        assertEquals(named ? "1000" : "1000 2000", ids.get(2), user);
    }

    @Test
    void userWithoutAnEntryHasGroupRoot() throws IOException {
        assumeRanges();
        RunOptions options =
                RunOptions.of(containers.load("busybox.oci.tar"), "id").user("4242").remove(true);
        assertTrue(containers.run(options).ok().startsWith("uid=4242 gid=0(root)"));
        options.user("4242:77");
        assertTrue(containers.run(options).ok().startsWith("uid=4242 gid=77"));
    }

    @Test
    void groupsAreAdded() throws IOException {
        assumeRanges();
        RunOptions options =
                RunOptions.of(containers.load("busybox.oci.tar"), "id", "-G")
                        .user("1000:1000")
                        .groupAdd("logs")
                        .groupAdd("55")
                        .remove(true);
        assertEquals("1000 55 2000", sorted(containers.run(options).line()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nobody-here", "1000:no-such-group"})
    void unknownUserIsRefusedByName(String user) throws IOException {
        String id = containers.load("busybox.oci.tar");
        EngineException e = containers.refusal(RunOptions.of(id, "true").user(user));
        assertEquals(125, e.code().exitCode());
        String unknown = user.substring(user.indexOf(':') + 1);
        assertTrue(String.valueOf(e.getMessage()).contains(unknown), e.getMessage());
    }

    @Test
    void hostnameAndDomain() {
        RunOptions options = sh("hostname; cat /proc/sys/kernel/domainname; cat /etc/hostname");
        options.hostname("web").domainname("example.test");
        assertEquals("web\nexample.test\nweb\n", containers.run(options).ok());
    }

    @Test
    void hostnameIsTheIdOtherwise() {
        try (Container container = containers.engine().run(sh("hostname"))) {
            assertEquals(container.id().substring(0, 12), Containers.end(container).line());
        }
    }

    @Test
    void processIsAloneWithNumberOne() {
        assertEquals("1", containers.run(sh("echo $$")).line());
        assertEquals("/proc/1", containers.run(sh("echo /proc/[0-9]*")).line());
    }

    @Test
    void privateNetworkHasLoopbackOnlyAndUp() {
        assertEquals("lo", containers.run(sh("ls /sys/class/net")).line());
        // IFF_UP 1, IFF_LOOPBACK 8
        assertEquals("0x9", containers.run(sh("cat /sys/class/net/lo/flags")).line());
        String ping = "echo ok | (exec 3<>/dev/tcp/127.0.0.1/9) 2>&1; exit 0";
        assertTrue(
                containers.run(host("/bin/bash", "-c", ping)).ok().contains("refused"),
                "a closed port of the loopback refuses, and is not unreachable");
    }

    @Test
    void hostNetworkIsTheHosts() throws IOException {
        RunOptions options =
                host("/usr/bin/readlink", "/proc/self/ns/net").network(NamespaceMode.HOST);
        assertEquals(
                Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString(),
                containers.run(options).line());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnt", "net", "pid", "ipc", "uts", "cgroup"})
    void namespaceIsItsOwn(String type) throws IOException {
        Path file = Path.of("/proc/self/ns", type);
        assertNotEquals(
                Files.readSymbolicLink(file).toString(),
                containers.run(host("/usr/bin/readlink", file.toString())).line());
    }

    @Test
    void namespacesOfTheHostOnRequest() throws IOException {
        RunOptions options = sh("readlink /proc/self/ns/uts /proc/self/ns/ipc");
        options.uts(NamespaceMode.HOST).ipc(NamespaceMode.HOST);
        assertEquals(
                List.of(
                        Files.readSymbolicLink(Path.of("/proc/self/ns/uts")).toString(),
                        Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")).toString()),
                containers.run(options).ok().lines().toList());
    }

    @Test
    void twoContainersDoNotSeeEachOther() throws IOException {
        try (Container first =
                containers.engine().run(sh("echo mine > /tmp/file; echo; exec sleep 100"))) {
            assertEquals('\n', first.stdout().read());
            String second = containers.run(sh("ls -A /tmp; hostname; echo /proc/[0-9]*")).ok();
            List<String> lines = second.lines().toList();
            assertEquals(2, lines.size(), second);
            assertNotEquals(first.id().substring(0, 12), lines.get(0));
            assertEquals("/proc/1", lines.get(1));
        }
    }

    @Test
    void fiftyAtOnce() throws Exception {
        try (var pool = Executors.newFixedThreadPool(50)) {
            List<Future<Containers.Ended>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String text = "number " + i;
                all.add(pool.submit(() -> containers.run(host("/bin/echo", text))));
            }
            for (int i = 0; i < 50; i++) {
                assertEquals("number " + i + "\n", all.get(i).get().ok());
            }
        }
    }

    @Test
    void closingTheEngineKillsAndRemoves() throws IOException {
        Container container = containers.engine().run(sh("sleep 1000 & exec sleep 1000"));
        int pid = container.pid();
        assertTrue(Files.exists(Path.of("/proc/" + pid)));
        containers.engine().close();
        assertFalse(Files.exists(Path.of("/proc/" + pid)));
        assertTrue(containers.engine().list().isEmpty());
    }

    @Test
    void noDescriptorIsLeftInTheEngine() throws IOException {
        containers.run(sh("true"));
        assertEquals(127, containers.refusal(host("/missing")).code().exitCode());
        long before = descriptors();
        for (int i = 0; i < 20; i++) {
            containers.run(sh("true"));
            containers.run(sh("cat"), new byte[10]);
            assertEquals(127, containers.refusal(host("/missing")).code().exitCode());
        }
        assertEquals(before, descriptors());
    }

    @Test
    void endedContainerIsKeptUnlessRemoved() {
        try (Container container =
                containers.engine().run(RunOptions.of("host", "false").name("kept"))) {
            assertEquals(1, container.waitFor());
        }
        var records = containers.engine().list();
        assertEquals(1, records.size());
        assertEquals("kept", records.getFirst().name());
        EngineException taken = containers.refusal(host("true").name("kept"));
        assertTrue(String.valueOf(taken.getMessage()).contains("kept"), taken.getMessage());
        containers.engine().remove("kept", false);
        assertTrue(containers.engine().list().isEmpty());
    }

    @Test
    void runningContainerIsRemovedByForceOnly() {
        try (Container container =
                containers.engine().run(RunOptions.of("host", "sleep", "100").name("busy"))) {
            EngineException e =
                    org.junit.jupiter.api.Assertions.assertThrows(
                            EngineException.class, () -> containers.engine().remove("busy", false));
            assertTrue(String.valueOf(e.getMessage()).contains("running"), e.getMessage());
            containers.engine().remove("busy", true);
            assertEquals(137, container.waitFor());
        }
        assertTrue(containers.engine().list().isEmpty());
    }

    @Test
    void terminalIsOneForTheProcess() throws IOException {
        RunOptions options =
                sh("tty; test -t 0 && test -t 1 && test -t 2 && stty size; echo $TERM");
        try (Container container = containers.engine().run(options.tty(true))) {
            container.resize(33, 101);
            String out = Terminal.readAll(container);
            assertTrue(out.startsWith("/dev/pts/0\r\n"), out);
            assertTrue(out.endsWith("xterm\r\n"), out);
            assertEquals(0, container.waitFor());
        }
    }

    @Test
    void terminalHasTheSizeItIsTold() throws IOException {
        RunOptions options = sh("read line; stty size");
        try (Container container = containers.engine().run(options.tty(true))) {
            container.resize(33, 101);
            Terminal.write(container, "\n");
            String out = Terminal.readAll(container);
            assertTrue(out.contains("33 101\r\n"), out);
            assertEquals(0, container.waitFor());
        }
    }

    @Test
    void terminalSendsInterrupts() throws IOException {
        RunOptions options =
                sh("trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.1; done");
        try (Container container = containers.engine().run(options.tty(true))) {
            Terminal.await(container, "ready");
            Terminal.write(container, "\u0003");
            String out = Terminal.readAll(container);
            assertTrue(out.contains("caught"), out);
            assertEquals(7, container.waitFor());
        }
    }

    /** Whether more than the one id can be mapped: as root, or with ranges in /etc/subuid. */
    private static void assumeRanges() throws IOException {
        String name = System.getProperty("user.name") + ":";
        assumeTrue(
                Carafe.isRoot()
                        || Files.readAllLines(Path.of("/etc/subuid")).stream()
                                .anyMatch(l -> l.startsWith(name)),
                "this user has no range in /etc/subuid, so it has one id only");
    }

    private static String sorted(String words) {
        return String.join(
                " ", Stream.of(words.split(" ", -1)).sorted((a, b) -> key(a, b)).toList());
    }

    private static int key(String a, String b) {
        boolean first = a.equals("1000");
        boolean second = b.equals("1000");
        return first || second
                ? Boolean.compare(second, first)
                : Integer.compare(Integer.parseInt(a), Integer.parseInt(b));
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }
}
