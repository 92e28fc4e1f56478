package dev.carafe.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What {@code carafe build} makes of Dockerfiles. */
class BuildTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    private static boolean loaded;

    @TempDir Path context;

    @BeforeEach
    void base() {
        if (!loaded) {
            carafe.run("load", "-i", Images.file("busybox.docker.tar").toString()).ok();
            loaded = true;
        }
    }

    private Path file(String name, String content) throws IOException {
        Path file = context.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    /** Builds what a Dockerfile says as the image {@code t}. */
    private Carafe.Result build(String dockerfile, String... options) throws IOException {
        file("Dockerfile", dockerfile);
        List<String> args = new ArrayList<>(List.of("build", "-t", "t"));
        args.addAll(List.of(options));
        args.add(context.toString());
        return carafe.run(args.toArray(new String[0]));
    }

    /** Runs a command in the built image; its output. */
    private static String in(String script) {
        return carafe.run("run", "--rm", "--entrypoint", "sh", "t", "-c", script).ok().out();
    }

    @Test
    @Tag("rootless")
    void runCopyEnvCmd() throws IOException {
        file("a", "from the context\n");
        build(
                        """
                        FROM busybox
                        ENV WHO=world
                        COPY a /d/
                        RUN echo "hello $WHO" > /greeting
                        CMD cat /greeting /d/a
                        """)
                .ok();
        assertEquals("hello world\nfrom the context\n", carafe.run("run", "--rm", "t").ok().out());
    }

    @Test
    void cachedStepsAreNotRunAgain() throws IOException {
        String text = "FROM busybox\nCOPY a /a\nRUN cat /proc/sys/kernel/random/uuid > /id\n";
        file("a", "1");
        build(text).ok();
        String first = in("cat /id");
        Files.setLastModifiedTime(context.resolve("a"), FileTime.fromMillis(0));
        var again = build(text).ok();
        assertEquals(2, again.err().split("CACHED", -1).length - 1, again::toString);
        assertEquals(first, in("cat /id"));
        file("a", "2");
        build(text).ok();
        assertNotEquals(first, in("cat /id"));
        String second = in("cat /id");
        build(text, "--no-cache").ok();
        assertNotEquals(second, in("cat /id"));
    }

    @Test
    void failingStepNamesLineCommandAndCode() throws IOException {
        var failed = build("FROM busybox\nRUN true\n\nRUN echo said; exit 3\n").exits(1);
        assertTrue(failed.err().contains("said"), failed::toString);
        assertTrue(
                failed.err().contains("Dockerfile:4: RUN echo said; exit 3: exit code 3"),
                failed::toString);
    }

    @Test
    void stagesThatNobodyNeedsAreNotBuilt() throws IOException {
        var built =
                build(
                                """
                                FROM busybox AS unused
                                RUN exit 1
                                FROM busybox AS maker
                                RUN echo made > /made
                                FROM scratch AS files
                                COPY --from=maker /made /
                                FROM busybox
                                COPY --from=files /made /x/
                                COPY --from=1 made /y
                                COPY --from=busybox /etc/passwd /p
                                """)
                        .ok();
        assertFalse(built.err().contains("unused"), built::toString);
        assertEquals("made\nmade\n", in("cat /x/made /y; test -s /p"));
        build("FROM busybox AS a\nRUN echo 1 > /f\nFROM a\nRUN exit 1\n", "--target", "a").ok();
        assertEquals("1\n", in("cat /f"));
    }

    @Test
    void argumentsAndVariables() throws IOException {
        build(
                        """
                        ARG BASE=busybox
                        ARG G=global
                        FROM ${BASE}
                        ARG A=default
                        ARG G
                        ARG TARGETARCH
                        ENV E=${A:-none}-$G
                        RUN echo "$A $G $E $TARGETARCH" > /v
                        """,
                        "--build-arg",
                        "A=given")
                .ok();
        String arch = System.getProperty("os.arch").equals("amd64") ? "amd64" : "arm64";
        assertEquals("given global given-global " + arch + "\n", in("cat /v"));
        assertEquals("unset\n", in("echo ${A:-unset}"), "an ARG is not in the image");
    }

    @Test
    void mountsOfRun() throws IOException {
        file("in/a", "bound");
        file("secret", "Xyzzy-4711");
        String text =
                """
                FROM busybox AS other
                RUN mkdir /o && echo o > /o/f
                FROM busybox
                RUN --mount=type=bind,source=in,target=/m cat /m/a && ! touch /m/b
                RUN --mount=type=bind,from=other,source=/o,target=/m,rw echo x > /m/f && cat /m/f
                RUN --mount=type=bind,from=other,source=/o/f,target=/one cat /one
                RUN --mount=type=tmpfs,target=/t,size=1m touch /t/f
                RUN --mount=type=secret,id=s --mount=type=secret,id=s,env=S [ "$S" = "$(cat /run/secrets/s)" ]
                RUN --mount=type=secret,id=s,target=/a/b/c cat /a/b/c
                RUN --mount=type=cache,target=/cache,id=IDENT echo x >> /cache/f; wc -l < /cache/f > /lines
                """;
        Path secret = context.resolve("secret");
        file(".dockerignore", "secret\n");
        String[] flags = {"--secret", "id=s,src=" + secret};
        build(text.replace("IDENT", "one"), flags).ok();
        assertEquals("1\n", in("cat /lines"));
        build(text.replace("IDENT", "one") + "RUN true\n", "--no-cache", flags[0], flags[1]).ok();
        assertEquals("2\n", in("cat /lines"), "the cache lasts");
        String points =
                "for p in /m /one /t /a /cache /run/secrets; do ls -d $p; done 2>/dev/null; true";
        assertEquals("", in(points), "no mount point is left");
        String store = grep(carafe.root(), "Xyzzy-4711");
        assertEquals("", store, "the secret is nowhere in the store");
    }

    private static String grep(Path directory, String text) throws IOException {
        try {
            Process grep = new ProcessBuilder("grep", "-rl", text, directory.toString()).start();
            String out = new String(grep.getInputStream().readAllBytes(), UTF_8);
            grep.waitFor();
            return out;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** A build's container sees /etc/resolv.conf and others; its layer must not. */
    @Test
    void nothingOfTheEngineIsInALayer() throws IOException {
        build("FROM busybox AS b\nFROM scratch\nCOPY --from=b / /\nRUN touch /made\n").ok();
        Path out = context.resolve("out");
        file("Dockerfile", "FROM t\n");
        carafe.run("build", "-o", "type=local,dest=" + out, context.toString()).ok();
        assertTrue(Files.exists(out.resolve("made")));
        assertFalse(Files.exists(out.resolve("etc/resolv.conf")));
        assertFalse(Files.exists(out.resolve("etc/hostname")));
    }

    @Test
    void copyRules() throws IOException {
        file("a", "a");
        file("d/b", "b");
        file("d/e/c", "c");
        file("x.txt", "x");
        file("y.txt", "y");
        file("ignored.log", "no");
        file(".dockerignore", "*.log\n");
        build(
                        """
                        FROM busybox
                        WORKDIR /w
                        COPY a file
                        COPY a dir/
                        COPY d d2
                        COPY *.txt texts/
                        COPY --chown=web:users --chmod=600 a /own
                        COPY --parents d/e/c /p/
                        COPY --exclude=b d /nob/
                        COPY --link a /linked/a
                        COPY . /all
                        COPY <<one <<"two" /here/
                        $PATH
                        one
                        $PATH
                        two
                        """
                                .replace("users", "100"))
                .ok();
        assertEquals("a", in("cat /w/file"));
        assertEquals("a", in("cat /w/dir/a"));
        assertEquals("b\n/w/d2/e/c\n", in("cat /w/d2/b; echo; ls /w/d2/e/c"));
        assertEquals("x.txt\ny.txt\n", in("ls /w/texts"));
        assertEquals("1000 100 600\n", in("stat -c '%u %g %a' /own"));
        assertEquals("c", in("cat /p/d/e/c"));
        assertEquals("e\n", in("ls /nob"));
        assertEquals("a", in("cat /linked/a"));
        assertEquals("gone\n", in("test -e /all/ignored.log || echo gone"));
        assertEquals("$PATH\n", in("cat /here/two"));
        assertTrue(in("cat /here/one").contains("/bin"), "variables are put in");
    }

    @Test
    void contextLinksStayInside() throws IOException {
        Files.createSymbolicLink(context.resolve("out"), Path.of("/etc/shadow"));
        Files.createSymbolicLink(context.resolve("up"), Path.of("../../../../../../etc"));
        assertTrue(build("FROM busybox\nCOPY out /x\n").exits(1).err().contains("has no /out"));
        assertTrue(build("FROM busybox\nCOPY up/shadow /x\n").exits(1).err().contains("has no"));
        assertTrue(
                build("FROM busybox\nCOPY ../../../etc/shadow /x\n").exits(1).err().contains("no"));
        build("FROM busybox\nCOPY . /all\n").ok();
        assertEquals("/etc/shadow\n", in("readlink /all/out"));
    }

    @Test
    void imageLinksStayInside() throws IOException {
        file("a", "a");
        Path target = Files.createDirectories(context.resolve("host"));
        build(
                        """
                        FROM busybox
                        RUN ln -s %s /out && ln -s /in /self && mkdir /in
                        COPY a /out/
                        COPY a /self/
                        WORKDIR /out/w
                        RUN --mount=type=cache,target=/out/cache touch /out/cache/f
                        """
                                .formatted(target))
                .ok();
        assertEquals(0, target.toFile().list().length, "nothing came to the host");
        assertEquals("a", in("cat /in/a"));
        assertEquals("a", in("cat " + target + "/a"), "the link was followed in the image");
    }

    /** A context may hold anything: what is no file is copied as what it is, and nothing waits. */
    @Test
    void specialFilesOfTheContext() throws Exception {
        new ProcessBuilder("mkfifo", context.resolve("fifo").toString()).start().waitFor();
        file("h1", "linked");
        Files.createLink(context.resolve("h2"), context.resolve("h1"));
        file("n".repeat(255), "long");
        build("FROM busybox\nCOPY . /all\n").ok();
        assertEquals("fifo 2\n", in("test -p /all/fifo && echo fifo $(stat -c %h /all/h1)"));
        var refused = build("FROM busybox\nRUN cat /x\nCOPY fifo/x /\n").exits(1);
        assertFalse(refused.err().contains("internal error"), refused::toString);
    }

    @Test
    void cacheMountsLeadNowhere() throws IOException {
        build(
                        """
                        FROM busybox
                        RUN --mount=type=cache,id=evil,target=/c ln -s /etc /c/link
                        RUN --mount=type=cache,id=evil,source=link,target=/d touch /d/made; ls /d
                        """)
                .ok();
        assertFalse(Files.exists(Path.of("/etc/made")));
        build(
                        """
                        FROM busybox
                        RUN --mount=type=cache,id=../../../escaped,target=/c touch /c/x
                        """)
                .ok();
        assertFalse(Files.exists(carafe.root().resolve("escaped")));
        assertFalse(Files.exists(carafe.root().resolve("../escaped")));
    }

    /** CVE-2024-23652: what the container puts in the place of a mount point is not followed. */
    @Test
    void tearDownDeletesNothingOutside() throws IOException {
        Path mine = context.resolve("mine");
        file("mine/keep", "mine");
        build(
                        """
                        FROM busybox
                        RUN --mount=type=tmpfs,target=/a/b rm -rf /a; mv /a /z 2>/dev/null; ln -s %s /a || true
                        """
                                .formatted(mine))
                .ok();
        assertEquals("mine", Files.readString(mine.resolve("keep")));
    }

    @Test
    void addUnpacksArchives() throws Exception {
        file("t/one", "1");
        file("t/two/three", "3");
        String t = context.resolve("t").toString();
        for (String[] tar :
                List.of(
                        new String[] {
                            "tar", "-C", t, "-cf", context.resolve("p.tar").toString(), "."
                        },
                        new String[] {
                            "tar", "-C", t, "-czf", context.resolve("g.tgz").toString(), "."
                        },
                        new String[] {
                            "tar",
                            "-C",
                            t,
                            "--zstd",
                            "-cf",
                            context.resolve("z.zst").toString(),
                            "."
                        },
                        new String[] {
                            "tar", "-C", t, "-cJf", context.resolve("x.xz").toString(), "."
                        })) {
            assertEquals(0, new ProcessBuilder(tar).start().waitFor());
        }
        build("FROM busybox\nADD p.tar /p/\nADD g.tgz /g\nADD z.zst /z/\nADD t/one /one\n").ok();
        assertEquals("1333", in("cat /p/one /p/two/three /g/two/three /z/two/three"));
        assertEquals("1", in("cat /one"));
        var refused = build("FROM busybox\nADD x.xz /x\n").exits(1);
        assertTrue(refused.err().contains("xz"), refused::toString);
    }

    @Test
    void contextsOfAllKinds() throws Exception {
        file("a", "a");
        file("Dockerfile", "FROM busybox\nCOPY a /a\n");
        Process tar =
                new ProcessBuilder("tar", "-C", context.toString(), "-cz", "a", "Dockerfile")
                        .start();
        byte[] bytes = tar.getInputStream().readAllBytes();
        carafe.runWithInput(bytes, "build", "-t", "t", "-").ok();
        assertEquals("a", in("cat /a"));
        byte[] text = "FROM busybox\nRUN echo stdin > /a\n".getBytes(UTF_8);
        carafe.runWithInput(text, "build", "-t", "t", "-").ok();
        assertEquals("stdin\n", in("cat /a"));
        byte[] copying = "FROM busybox\nCOPY a /b\n".getBytes(UTF_8);
        carafe.runWithInput(copying, "build", "-t", "t", "-f", "-", context.toString()).ok();
        assertEquals("a", in("cat /b"));
        Path other = context.resolve("other");
        file("other/b", "other");
        build("FROM busybox\nCOPY --from=more b /b\n", "--build-context", "more=" + other).ok();
        assertEquals("other", in("cat /b"));
    }

    @Test
    void configurationOfTheImage() throws IOException {
        build(
                        """
                        FROM busybox
                        LABEL a="1 2" b=3
                        EXPOSE 80 53/udp
                        VOLUME /data
                        USER web
                        WORKDIR rel
                        WORKDIR sub
                        STOPSIGNAL SIGINT
                        HEALTHCHECK --interval=5s CMD true
                        SHELL ["/bin/sh", "-ec"]
                        ENTRYPOINT ["echo", "entry"]
                        CMD ["arg"]
                        """,
                        "--label",
                        "c=4")
                .ok();
        String json = carafe.run("inspect", "t").ok().out();
        for (String part :
                List.of(
                        "\"a\": \"1 2\"",
                        "\"c\": \"4\"",
                        "80/tcp",
                        "53/udp",
                        "/data",
                        "/rel/sub",
                        "SIGINT",
                        "CMD-SHELL",
                        "-ec")) {
            assertTrue(json.contains(part), () -> part + " in " + json);
        }
        assertEquals("entry arg\n", carafe.run("run", "--rm", "t").ok().out());
        build("FROM t\nENTRYPOINT [\"echo\",\"other\"]\n").ok();
        assertEquals("other\n", carafe.run("run", "--rm", "t").ok().out(), "CMD went");
    }

    @Test
    void onbuildRunsInTheNextBuild() throws IOException {
        build("FROM busybox\nONBUILD RUN echo triggered > /t\n").ok();
        assertEquals("", in("cat /t 2>/dev/null || true"));
        build("FROM t\n").ok();
        assertEquals("triggered\n", in("cat /t"));
        build("FROM t\nRUN rm /t\n").ok();
        assertEquals("gone\n", in("test -e /t || echo gone"), "a trigger runs once");
    }

    @Test
    void sameWithSourceDateEpoch() throws IOException {
        String text = "FROM busybox\nRUN echo x > /f && mkdir /d\nCOPY Dockerfile /d/\n";
        String first =
                id(build(text, "-q", "--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000"));
        String second =
                id(build(text, "-q", "--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000"));
        assertEquals(first, second);
        assertEquals("1700000000\n", in("stat -c %Y /f"));
    }

    private static String id(Carafe.Result built) {
        return built.ok().out().strip();
    }

    @Test
    void outputs() throws Exception {
        String text = "FROM busybox AS b\nRUN echo o > /o\nFROM scratch\nCOPY --from=b /o /dir/o\n";
        Path out = context.resolve("out");
        build(text, "-o", out.toString()).ok();
        assertEquals("o\n", Files.readString(out.resolve("dir/o")));
        Path tar = context.resolve("out.tar");
        build(text, "-o", "type=tar,dest=" + tar).ok();
        Process list = new ProcessBuilder("tar", "-tf", tar.toString()).start();
        assertTrue(new String(list.getInputStream().readAllBytes(), UTF_8).contains("dir/o"));
    }

    @Test
    void networkOfRun() throws IOException {
        String text =
                """
                FROM busybox
                RUN --network=none ls /sys/class/net > /none
                RUN ls /sys/class/net > /host
                """;
        build(text).ok();
        assertEquals("lo\n", in("cat /none"));
        assertTrue(in("cat /host").contains("lo"));
    }

    @Test
    void foreignPlatform() throws IOException {
        file("a", "a");
        String arm = System.getProperty("os.arch").equals("amd64") ? "s390x" : "riscv64";
        build("FROM scratch\nCOPY a /a\n", "--platform", "linux/" + arm).ok();
        assertTrue(carafe.run("inspect", "t").ok().out().contains(arm));
        var refused = build("FROM busybox\nRUN true\n", "--platform", "linux/" + arm).exits(1);
        assertTrue(refused.err().contains("is for linux/"), refused::toString);
    }

    @Test
    void badInputIsOneLine() throws IOException {
        for (String text :
                List.of(
                        "FROM busybox\nCOPY missing /x\n",
                        "FROM no-such-image-anywhere:1\n",
                        "FROM busybox\nRUM true\n",
                        "FROM busybox AS a\nCOPY --from=later /a /a\nFROM a AS later\n",
                        "FROM busybox\nCOPY --chown=nobody-there Dockerfile /x\n",
                        "FROM busybox\nCOPY --chmod=rwx Dockerfile /x\n",
                        "FROM busybox\nRUN --mount=type=secret,id=s,required true\n")) {
            var refused = build(text).exits(1);
            String last = refused.err().strip().lines().reduce("", (a, b) -> b);
            assertTrue(last.startsWith("carafe: "), refused::toString);
            assertFalse(refused.err().contains("internal error"), refused::toString);
        }
    }

    /** Builds at the same time share steps' results and do not disturb each other. */
    @Test
    void severalBuildsAtOnce() throws Exception {
        file("Dockerfile", "FROM busybox\nRUN sleep 0.2; echo $$ > /a\nRUN echo b > /b\n");
        List<Process> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(carafe.start("build", "-q", "-t", "t" + i, context.toString()));
        }
        for (Process one : all) {
            one.getOutputStream().close();
            String out = new String(one.getInputStream().readAllBytes(), UTF_8);
            assertEquals(0, one.waitFor(), out);
            assertTrue(out.startsWith("sha256:"), out);
        }
    }

    /** The step's container dies with the build, and the next build clears away what it left. */
    @Test
    void killedBuildLeavesNothing() throws Exception {
        file("Dockerfile", "FROM busybox\nRUN echo started; sleep 77\n");
        Process build = carafe.start("build", context.toString());
        try (var log = build.errorReader()) {
            String line;
            while ((line = log.readLine()) != null && !line.endsWith(" started")) {}
            build.destroyForcibly().waitFor();
        }
        Thread.sleep(300);
        boolean running =
                ProcessHandle.allProcesses()
                        .anyMatch(p -> p.info().commandLine().orElse("").endsWith("sleep 77"));
        assertFalse(running, "the container outlived its build");
        build("FROM busybox\nRUN true\n").ok();
        try (var left = Files.list(carafe.root().resolve("tmp"))) {
            assertEquals(0, left.count());
        }
        carafe.run("run", "--rm", "busybox", "true").ok();
    }

    @Test
    void prunedCacheIsBuiltAnew() throws IOException {
        String text = "FROM busybox AS a\nRUN echo 1 > /a\nFROM scratch\nCOPY --from=a /a /a\n";
        build(text).ok();
        carafe.run("builder", "prune", "-f").ok();
        var again = build(text).ok();
        assertFalse(again.err().contains("CACHED"), again::toString);
    }

    @Test
    void addFromUrlsAndRepositories() throws Exception {
        Path served = context.resolve("served");
        file("served/f", "fetched");
        Files.setLastModifiedTime(served.resolve("f"), FileTime.fromMillis(1_500_000_000_000L));
        assumeTrue(git(served, "init", "-q", "-b", "main", "."), "git is not here");
        Files.createSymbolicLink(served.resolve("link"), Path.of("/etc"));
        git(served, "add", "-A");
        git(served, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one");
        git(served, "clone", "-q", "--bare", ".", "r.git");
        git(served.resolve("r.git"), "update-server-info");
        file(".dockerignore", "served\n");
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        HttpServer server =
                SimpleFileServer.createFileServer(
                        address, served, SimpleFileServer.OutputLevel.NONE);
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort();
            String sum = "bd4bb6cf4eb45a2a0a01e8a4e37e2a2f";
            build("FROM busybox\nADD " + url + "/f /d/\nADD " + url + "/r.git#main /g\n").ok();
            assertEquals("fetched600 1500000000\n", in("cat /d/f; stat -c '%a %Y' /d/f"));
            assertEquals("fetched", in("cat /g/f; test ! -e /g/.git"));
            var wrong =
                    build(
                                    "FROM busybox\nADD --checksum=sha256:"
                                            + sum.repeat(2)
                                            + " "
                                            + url
                                            + "/f /\n")
                            .exits(1);
            assertTrue(wrong.err().contains("its digest is sha256:"), wrong::toString);
            var missing = build("FROM busybox\nADD " + url + "/none /\n").exits(1);
            assertTrue(missing.err().contains("404"), missing::toString);
            var escape = carafe.run("build", url + "/r.git#main:link").exits(1);
            assertTrue(escape.err().contains("has no directory link"), escape::toString);
        } finally {
            server.stop(0);
        }
    }

    private static boolean git(Path directory, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(args));
        try {
            return new ProcessBuilder(command).directory(directory.toFile()).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void archives() throws Exception {
        String text = "FROM scratch\nCOPY Dockerfile /d\nCMD [\"/d\"]\n";
        for (String type : List.of("oci", "docker")) {
            Path tar = context.resolve(type + ".tar");
            build(text, "-o", "type=" + type + ",compression=gzip,dest=" + tar).ok();
            var loaded = carafe.run("load", "-i", tar.toString()).ok();
            assertTrue(loaded.out().contains("Loaded image: t:latest"), loaded::toString);
            carafe.run("rmi", "t").ok();
        }
    }

    @Test
    void cacheInADirectory() throws IOException {
        String text = "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /id\n";
        Path cache = context.resolve("cache");
        build(text, "--no-cache", "--cache-to", "type=local,dest=" + cache).ok();
        String id = in("cat /id");
        carafe.run("rmi", "t").ok();
        carafe.run("builder", "prune", "-f").ok();
        var again = build(text, "--cache-from", "type=local,src=" + cache).ok();
        assertEquals(id, in("cat /id"), again::toString);
        build(text, "--cache-to", "type=local,dest=" + cache).ok();
    }

    @Test
    void cacheInTheImage() throws IOException {
        String text = "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /id\n";
        build(text, "--no-cache", "--cache-to", "type=inline").ok();
        String id = in("cat /id");
        carafe.run("builder", "prune", "-f").ok();
        carafe.run("tag", "t", "cached").ok();
        var again = build(text, "--cache-from", "cached").ok();
        assertEquals(id, in("cat /id"), again::toString);
    }
}
