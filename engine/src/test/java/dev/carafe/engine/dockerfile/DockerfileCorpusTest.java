package dev.carafe.engine.dockerfile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The corpus: each file of {@code src/test/resources/dockerfile} is a Dockerfile and what comes of
 * it, behind a line {@code === expected}. Lines {@code #arg NAME=VALUE} at its top are build
 * arguments and no part of the Dockerfile; {@code === Dockerfile} ends them. {@code
 * -Dcarafe.golden=write} writes what comes of each today, for the eyes of who changed it.
 */
class DockerfileCorpusTest {
    private static final Path CASES = Path.of("src/test/resources/dockerfile");
    private static final byte[] TOP = "=== Dockerfile\n".getBytes(UTF_8);
    private static final byte[] EXPECTED = "\n=== expected\n".getBytes(UTF_8);

    @TestFactory
    Stream<DynamicTest> eachCase() throws IOException {
        return cases().stream()
                .map(file -> DynamicTest.dynamicTest(file.toString(), () -> holds(file)));
    }

    @Test
    void thereAreAtLeastAHundredAndFiftyCases() throws IOException {
        assertTrue(cases().size() >= 150, "only " + cases().size());
    }

    @Test
    void everyInstructionHasCasesThatParseAndCasesThatDoNot() throws IOException {
        List<String> names = cases().stream().map(c -> c.getFileName().toString()).toList();
        for (String keyword : Statement.KEYWORDS) {
            String start = keyword.toLowerCase(Locale.ROOT) + "-";
            assertTrue(names.stream().anyMatch(n -> n.startsWith(start)), start);
            assertTrue(names.stream().anyMatch(n -> n.startsWith("error-" + start)), start);
        }
    }

    private static List<Path> cases() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
        }
    }

    private static void holds(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int top = find(bytes, TOP, 0) + TOP.length;
        int end = find(bytes, EXPECTED, top);
        Map<String, String> arguments = new LinkedHashMap<>();
        for (String line : new String(bytes, 0, top - TOP.length, UTF_8).lines().toList()) {
            String[] pair = line.replaceFirst("^#arg ", "").split("=", 2);
            arguments.put(pair[0], pair[1]);
        }
        String actual = Dump.of(Arrays.copyOfRange(bytes, top, end), arguments);
        if ("write".equals(System.getProperty("carafe.golden"))) {
            write(file, Arrays.copyOf(bytes, end + EXPECTED.length), actual);
            return;
        }
        String expected =
                new String(
                        bytes, end + EXPECTED.length, bytes.length - end - EXPECTED.length, UTF_8);
        assertEquals(expected, actual);
    }

    private static void write(Path file, byte[] input, String actual) {
        try {
            byte[] golden = actual.getBytes(UTF_8);
            byte[] all = Arrays.copyOf(input, input.length + golden.length);
            System.arraycopy(golden, 0, all, input.length, golden.length);
            Files.write(file, all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int find(byte[] bytes, byte[] what, int from) {
        for (int at = from; at + what.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        throw new AssertionError("a case without " + new String(what, UTF_8));
    }
}
