package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.json.Fields;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Images of runnable jars: what is in them, and that they run. */
class JarImageTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @TempDir Path directory;

    private static final String HELLO =
            """
            package demo;
            public class Main {
                public static void main(String[] args) throws Exception {
                    System.out.println("hello " + String.join(" ", args));
                    try (var in = Main.class.getResourceAsStream("/greeting.txt")) {
                        System.out.print(new String(in.readAllBytes()));
                    }
                    System.out.println(System.getProperty("user.name"));
                }
            }
            """;

    private Path hello(String source) throws Exception {
        return new JarFile(directory)
                .manifest("Main-Class", "demo.Main")
                .source("demo.Main", source)
                .file("greeting.txt", "good morning\n")
                .write(directory.resolve("hello.jar"));
    }

    private static String build(Path jar, String name, String... more) {
        var args = new java.util.ArrayList<>(List.of("build", "--jar", jar.toString(), "-t", name));
        args.addAll(List.of(more));
        return carafe.run(args.toArray(new String[0])).ok().out().strip();
    }

    private static List<String> layers(String image) {
        String json = carafe.run("inspect", image).ok().out();
        var all =
                Fields.parse("inspect", ("{\"a\":" + json + "}").getBytes(StandardCharsets.UTF_8));
        return all.children("a").getFirst().needChild("RootFS").strings("Layers");
    }

    @Test
    void runsAsNobodyInParticular() throws Exception {
        build(hello(HELLO), "hello:1");
        assertEquals(
                "hello a b\ngood morning\nnonroot\n",
                carafe.run("run", "--rm", "hello:1", "a", "b").ok().out());
        carafe.run("rmi", "hello:1").ok();
    }

    @Test
    @Tag("rootless")
    void theSameInputIsTheSameImage() throws Exception {
        Path jar = hello(HELLO);
        String first = build(jar, "same:1");
        assertEquals(first, build(jar, "same:1"));
        // nothing of the first build left to go by
        carafe.run("rmi", "same:1").ok();
        assertEquals(first, build(jar, "same:1"));
        carafe.run("rmi", "same:1").ok();
    }

    @Test
    void changedClassesShareEveryOtherLayer() throws Exception {
        build(hello(HELLO), "changing:1");
        Path changed = hello(HELLO.replace("hello", "good bye"));
        String said =
                carafe.run("build", "--jar", changed.toString(), "-t", "changing:2").ok().err();
        assertTrue(said.contains("runtime: unchanged"), said);
        assertTrue(said.contains("base: unchanged"), said);
        List<String> first = layers("changing:1");
        List<String> second = layers("changing:2");
        assertEquals(first.subList(0, first.size() - 1), second.subList(0, second.size() - 1));
        assertNotEquals(first.getLast(), second.getLast());
        carafe.run("rmi", "changing:1", "changing:2").ok();
    }

    @Test
    void dependenciesOfTheManifestHaveLayersOfTheirOwn() throws Exception {
        Path dependency =
                new JarFile(directory)
                        .source(
                                "lib.Words",
                                "package lib; public class Words { public static String of()"
                                        + " { return \"words of a library\"; } }")
                        .write(directory.resolve("lib/words-1.0.jar"));
        Path snapshot =
                new JarFile(directory)
                        .source(
                                "snap.New",
                                "package snap; public class New { public static String of()"
                                        + " { return \"not yet released\"; } }")
                        .write(directory.resolve("lib/new-2.0-SNAPSHOT.jar"));
        Path jar =
                new JarFile(directory)
                        .manifest("Main-Class", "demo.Main")
                        .manifest("Class-Path", "lib/words-1.0.jar lib/new-2.0-SNAPSHOT.jar")
                        .uses(dependency)
                        .uses(snapshot)
                        .source(
                                "demo.Main",
                                "package demo; public class Main { public static void main(String[]"
                                        + " a) { System.out.println(lib.Words.of() + \", \" +"
                                        + " snap.New.of()); } }")
                        .write(directory.resolve("app.jar"));
        build(jar, "dependent:1");
        assertEquals(
                "words of a library, not yet released\n",
                carafe.run("run", "--rm", "dependent:1").ok().out());
        // libc, Java, dependencies, snapshots, resources, classes
        assertEquals(6, layers("dependent:1").size());
        carafe.run("rmi", "dependent:1").ok();
    }

    @Test
    void springBootsLayoutRunsWithoutItsLoader() throws Exception {
        Path dependency =
                new JarFile(directory)
                        .source(
                                "lib.Words",
                                "package lib; public class Words { public static String of()"
                                        + " { return \"nested\"; } }")
                        .write(directory.resolve("words.jar"));
        Path jar =
                new JarFile(directory)
                        .manifest("Main-Class", "loader.Launcher")
                        .manifest("Start-Class", "demo.Main")
                        .uses(dependency)
                        .source(
                                "loader.Launcher",
                                "package loader; public class Launcher { public static void"
                                        + " main(String[] a) { throw new Error(); } }")
                        .below("BOOT-INF/classes/")
                        .source(
                                "demo.Main",
                                "package demo; public class Main { public static void main(String[]"
                                        + " a) throws Exception { System.out.print(lib.Words.of() + \" \" +"
                                        + " new String(Main.class.getResourceAsStream("
                                        + "\"/application.properties\").readAllBytes())); } }")
                        .file("BOOT-INF/classes/application.properties", "a=b\n")
                        .file("BOOT-INF/lib/words.jar", Files.readAllBytes(dependency))
                        .file("BOOT-INF/classpath.idx", "- \"BOOT-INF/lib/words.jar\"\n")
                        .write(directory.resolve("boot.jar"));
        build(jar, "boot:1");
        assertEquals("nested a=b\n", carafe.run("run", "--rm", "boot:1").ok().out());
        carafe.run("rmi", "boot:1").ok();
    }

    @Test
    void aMultiReleaseJarRunsItsNewestClass() throws Exception {
        Path jar =
                new JarFile(directory)
                        .manifest("Main-Class", "demo.Main")
                        .manifest("Multi-Release", "true")
                        .source("demo.Main", main("old"))
                        .below("META-INF/versions/11/")
                        .source("demo.Main", main("eleven"))
                        .below("META-INF/versions/9/")
                        .source("demo.Main", main("nine"))
                        .below("META-INF/versions/999/")
                        .source("demo.Main", main("too new"))
                        .write(directory.resolve("many.jar"));
        build(jar, "many:1");
        assertEquals("eleven\n", carafe.run("run", "--rm", "many:1").ok().out());
        carafe.run("rmi", "many:1").ok();
    }

    private static String main(String says) {
        return "package demo; public class Main { public static void main(String[] a)"
                + " { System.out.println(\""
                + says
                + "\"); } }";
    }

    @Test
    void modulesAreThoseThatTheClassesNeed() throws Exception {
        Path store = directory.resolve("key.p12");
        var keytool =
                new ProcessBuilder(
                                System.getProperty("java.home") + "/bin/keytool",
                                "-genkeypair",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "SAN=DNS:localhost",
                                "-storepass",
                                "changeit",
                                "-keystore",
                                store.toString())
                        .redirectErrorStream(true)
                        .start();
        assertEquals(0, keytool.waitFor());
        Path jar =
                new JarFile(directory)
                        .manifest("Main-Class", "demo.Main")
                        .file("key.p12", Files.readAllBytes(store))
                        .source(
                                "demo.Main",
                                """
                                package demo;
                                import com.sun.net.httpserver.*;
                                import java.net.*;
                                import java.net.http.*;
                                import java.security.*;
                                import javax.net.ssl.*;
                                public class Main {
                                    public static void main(String[] args) throws Exception {
                                        KeyStore keys = KeyStore.getInstance("PKCS12");
                                        keys.load(Main.class.getResourceAsStream("/key.p12"), "changeit".toCharArray());
                                        var key = KeyManagerFactory.getInstance("PKIX");
                                        key.init(keys, "changeit".toCharArray());
                                        var trust = TrustManagerFactory.getInstance("PKIX");
                                        trust.init(keys);
                                        var tls = SSLContext.getInstance("TLS");
                                        tls.init(key.getKeyManagers(), trust.getTrustManagers(), null);
                                        var server = HttpsServer.create(new InetSocketAddress("localhost", 0), 0);
                                        server.setHttpsConfigurator(new HttpsConfigurator(tls));
                                        server.createContext("/", e -> { e.sendResponseHeaders(200, 2); e.getResponseBody().write("ok".getBytes()); e.close(); });
                                        server.start();
                                        var client = HttpClient.newBuilder().sslContext(tls).build();
                                        var uri = URI.create("https://localhost:" + server.getAddress().getPort());
                                        var got = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
                                        server.stop(0);
                                        var roots = TrustManagerFactory.getInstance("PKIX");
                                        roots.init((KeyStore) null);
                                        int trusted = ((X509TrustManager) roots.getTrustManagers()[0]).getAcceptedIssuers().length;
                                        System.out.println(got.body() + " " + (trusted > 20) + " " + java.sql.Date.valueOf("2000-01-02")
                                                + " " + java.time.ZoneId.of("Asia/Tokyo"));
                                    }
                                }
                                """)
                        .write(directory.resolve("tls.jar"));
        String said =
                carafe.run("build", "--jar", jar.toString(), "-t", "tls:1", "--module", "jdk.net")
                        .ok()
                        .err();
        assertTrue(said.contains("java.net.http") && said.contains("java.sql"), said);
        assertTrue(said.contains("jdk.net"), said);
        assertTrue(!said.contains("java.desktop"), said);
        assertEquals(
                "ok true 2000-01-02 Asia/Tokyo\n", carafe.run("run", "--rm", "tls:1").ok().out());
        carafe.run("rmi", "tls:1").ok();
    }

    @Test
    void standsOnAnImageThatHasALibc() throws Exception {
        String out = carafe.run("load", "-i", Images.file("minbase.oci.tar").toString()).ok().out();
        String base = out.strip().substring(out.strip().lastIndexOf(' ') + 1);
        build(hello(HELLO), "based:1", "--base", base, "--user", "1000:1000");
        assertTrue(
                carafe.run("run", "--rm", "based:1")
                        .ok()
                        .out()
                        .startsWith("hello \ngood morning\n"));
        assertEquals(
                "1000\n",
                carafe.run("run", "--rm", "--entrypoint", "id", "based:1", "-u").ok().out());
        carafe.run("rmi", "based:1", base).ok();
    }

    @Test
    @Tag("rootless")
    void aBaseWithoutALibcIsRefused() throws Exception {
        carafe.run("import", Images.file("busybox.tar").toString(), "nolibc:1").ok();
        Path jar = hello(HELLO);
        for (String base : List.of("nolibc:1", "scratch")) {
            var result = carafe.run("build", "--jar", jar.toString(), "--base", base).exits(1);
            assertTrue(result.err().contains("has no /lib"), result::toString);
            assertTrue(result.err().contains("the dynamic linker of that JDK"), result::toString);
        }
        carafe.run("rmi", "nolibc:1").ok();
    }

    @Test
    @Tag("rootless")
    void badInputIsToldInALine() throws Exception {
        Path noMain =
                new JarFile(directory).file("a.txt", "a").write(directory.resolve("nomain.jar"));
        refused(noMain, "has no Main-Class in its manifest");
        refused(directory.resolve("nosuch.jar"), "no such jar");
        refused(Files.writeString(directory.resolve("text.jar"), "text"), "is no jar");
        Path wrong =
                new JarFile(directory)
                        .manifest("Main-Class", "demo.Nosuch")
                        .file("a.txt", "a")
                        .write(directory.resolve("wrong.jar"));
        refused(wrong, "the main class demo.Nosuch is neither in");
        Path outside =
                new JarFile(directory)
                        .manifest("Main-Class", "demo.Main")
                        .file("../../etc/passwd", "a")
                        .write(directory.resolve("outside.jar"));
        refused(outside, "an entry with an unusable name");
        Path hello = hello(HELLO);
        refused(hello, "has no module no.such", "--module", "no.such");
        refused(hello, "no JDK in " + directory, "--java-home", directory.toString());
        refused(hello, "no such image", "--base", "nosuch:1");
        refused(hello, "jlink of", "--jlink-option", "--nosuch-option");
        assertEquals(1, carafe.run("images").ok().out().lines().count());
    }

    private static void refused(Path jar, String why, String... more) {
        var args = new java.util.ArrayList<>(List.of("build", "-q", "--jar", jar.toString()));
        args.addAll(List.of(more));
        var result = carafe.run(args.toArray(new String[0])).exits(1);
        assertTrue(result.err().contains(why), result::toString);
        assertEquals(1, result.err().lines().count(), result::toString);
    }
}
