package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    private record Result(int code, String out, String err) {}

    private static Result carafe(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(args, new Console(out, err));
        return new Result(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void tellsHowToGoOnAfterAMistake() {
        assertEquals(
                new Result(125, "", "carafe: unknown flag: --nope\nSee 'carafe run --help'.\n"),
                carafe("run", "--nope"));
        assertEquals(
                new Result(
                        125, "", "carafe: 'frob' is not a carafe command.\nSee 'carafe --help'.\n"),
                carafe("frob"));
        assertEquals(
                new Result(
                        125,
                        "",
                        "carafe: \"carafe tag\" requires exactly 2 arguments.\nSee 'carafe tag --help'.\n"),
                carafe("tag", "a"));
        assertEquals(
                new Result(
                        125,
                        "",
                        "carafe: \"carafe info\" accepts no arguments.\nSee 'carafe info --help'.\n"),
                carafe("info", "a"));
    }

    @Test
    void everyVerbHasHelpWithExamples() {
        for (Verb verb : Verb.all()) {
            Result result = carafe("help", verb.name());
            assertEquals(0, result.code);
            assertTrue(result.out.startsWith("Usage:  carafe " + verb.name()), result.out);
            assertTrue(result.out.contains("\nExamples:\n  "), result.out);
            if (!verb.name().equals("help")) {
                assertEquals(result, carafe(verb.name(), "--help"));
            }
            for (String line : result.out.lines().toList()) {
                assertTrue(line.length() <= 120, line);
            }
        }
        assertEquals(carafe("help"), carafe());
        assertEquals(carafe("help"), carafe("--help"));
    }

    @Test
    void theVersionIsThePoms() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        assertTrue(pom.contains("<version>" + Version.NUMBER + "</version>"));
        assertEquals(
                new Result(0, "Carafe version " + Version.NUMBER + "\n", ""), carafe("--version"));
        assertTrue(carafe("version").out.startsWith("Version:   " + Version.NUMBER + "\n"));
    }

    @Test
    void completionsAreScriptsThatTheirShellsRead(@TempDir Path dir) throws Exception {
        for (String shell : new String[] {"bash", "zsh", "fish"}) {
            Path script = dir.resolve(shell);
            Files.writeString(script, carafe("completion", shell).out);
            String text = Files.readString(script);
            assertTrue(text.contains("memory-swappiness") && text.contains("explain"), shell);
            Process process;
            try {
                process = new ProcessBuilder(shell, "-n", script.toString()).inheritIO().start();
            } catch (IOException e) {
                continue; // this shell is not installed
            }
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue(), shell);
        }
    }

    @Test
    void bashCompletesVerbsAndOptions(@TempDir Path dir) throws Exception {
        Path script = dir.resolve("test");
        Files.writeString(
                script,
                carafe("completion", "bash").out
                        + """
                        complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _carafe; echo "${COMPREPLY[@]}"; }
                        complete_line carafe expl
                        complete_line carafe run --memory-s
                        complete_line carafe completion f
                        """);
        Assumptions.assumeTrue(Files.exists(Path.of("/bin/bash")), "bash is not installed");
        Process process =
                new ProcessBuilder("/bin/bash", script.toString())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("explain\n--memory-swap --memory-swappiness\nfish\n", output);
    }
}
