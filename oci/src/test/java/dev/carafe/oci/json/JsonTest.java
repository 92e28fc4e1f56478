package dev.carafe.oci.json;

import static dev.carafe.oci.Resource.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.oci.OciException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "false",
                "0",
                "-0",
                "-12.5e+10",
                "1E-2",
                "\"\"",
                "\"plain\"",
                "\"über 🐢\"",
                "[]",
                "{}",
                "[1,[2,{\"a\":[]}]]",
                "{\"b\":1,\"a\":{\"\":null}}"
            })
    void compactTextComesBackAsItWas(String text) {
        assertEquals(text, Json.parse(utf8(text)).compact());
        assertEquals(text, Json.parse(utf8(" \n\t\r" + text + "\n")).toString());
        assertArrayEquals(utf8(text), Json.parse(utf8(text)).bytes());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``                | line 1, column 1: the document breaks off",
                "`  `              | line 1, column 3: the document breaks off",
                "nul               | line 1, column 1: a value was expected",
                "nulL              | line 1, column 1: a value was expected",
                "true false        | line 1, column 6: nothing may follow the value",
                "[1,]              | line 1, column 4: a value was expected",
                "[1 2]             | line 1, column 4: ',' or ']' was expected",
                "[1                | line 1, column 3: the document breaks off",
                "{\"a\" 1}         | line 1, column 6: ':' was expected",
                "{\"a\":1,}        | line 1, column 8: a name in quotes was expected",
                "{a:1}             | line 1, column 2: a name in quotes was expected",
                "{\"a\":1 \"b\":2} | line 1, column 8: ',' or '}' was expected",
                "{\"a\":1,\"a\":2} | line 1, column 8: the object has this name twice: \"a\"",
                "01                | line 1, column 2: not a number",
                "-                 | line 1, column 2: not a number",
                "1.                | line 1, column 3: not a number",
                ".5                | line 1, column 1: a value was expected",
                "1e+               | line 1, column 4: not a number",
                "1-2               | line 1, column 2: not a number",
                "NaN               | line 1, column 1: a value was expected",
                "\"a               | line 1, column 3: the string has no end",
                "\"é               | line 1, column 3: the string has no end",
                "\"\\x\"           | line 1, column 2: unknown escape in a string",
                "\"\\u12G4\"       | line 1, column 2: \\u wants four hexadecimal digits",
                "'\"a'             | line 1, column 1: a value was expected",
                "// no             | line 1, column 1: a value was expected",
            })
    void saysWhereTheMistakeIs(String text, String message) {
        assertMistake(utf8(text), message);
    }

    @Test
    void countsLinesAndCharacters() {
        assertMistake(utf8("{\n  \"é🐢\": x\n}"), "line 2, column 9: a value was expected");
        assertMistake(
                utf8("[\"a\nb\"]"),
                "line 1, column 4: a control character in a string must be escaped");
    }

    @Test
    void takesUtf8Only() {
        int[][] bad = {
            {0xff},
            {0x80},
            {0xc0, 0xaf},
            {0xc1, 0xbf},
            {0xc3},
            {0xc3, 0x28},
            {0xe0, 0x9f, 0xbf},
            {0xed, 0xa0, 0x80},
            {0xf0, 0x8f, 0xbf, 0xbf},
            {0xf4, 0x90, 0x80, 0x80},
            {0xf5, 0x80, 0x80, 0x80},
            {0xe2, 0x82},
            {0xe2, 0x28, 0xa1},
            {0xf0, 0x9f, 0x90},
        };
        for (int[] sequence : bad) {
            byte[] text = new byte[sequence.length + 4];
            text[0] = '[';
            text[1] = '"';
            for (int i = 0; i < sequence.length; i++) {
                text[2 + i] = (byte) sequence[i];
            }
            text[text.length - 2] = '"';
            text[text.length - 1] = ']';
            assertMistake(text, "line 1, column 3: not UTF-8");
        }
        assertMistake(
                new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf, '1'},
                "line 1, column 1: a value was expected");
    }

    @Test
    void understandsEveryEscape() {
        assertEquals(
                new JsonString("\"\\/\b\f\n\r\té\u0000🐢"),
                Json.parse(utf8("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u0000\\ud83d\\uDC22\"")));
    }

    @Test
    void writesWhatItReadsBack() {
        JsonString odd = new JsonString("\"\\\b\f\n\r\t\u0000\u001f\u007f é 🐢 \ud800 \udc00x");
        assertEquals(odd, Json.parse(odd.bytes()));
        assertEquals("\"\\u007f\\ud800\"", new JsonString("\u007f\ud800").compact());
    }

    @Test
    void limitsSizeAndDepth() {
        assertEquals(JsonNumber.of(11), Json.parse(utf8("11"), 2));
        OciException size = assertThrows(OciException.class, () -> Json.parse(utf8("111"), 2));
        assertEquals("the JSON has 3 bytes, more than 2", size.getMessage());
        Json.parse(utf8("[".repeat(100) + "]".repeat(100)));
        assertMistake(
                utf8("[".repeat(101) + "]".repeat(101)),
                "line 1, column 101: nested deeper than 100");
        assertMistake(
                utf8("{\"a\":".repeat(100_000)), "line 1, column 501: nested deeper than 100");
        Json.parse(utf8("[" + "[],".repeat(1000) + "[]]"));
    }

    @Test
    void losesNoNumber() {
        String digits = "123456789012345678901234567890.000000000000000001";
        assertEquals(digits, Json.parse(utf8(digits)).compact());
        assertEquals("18446744073709551615", JsonNumber.ofUnsigned(-1).text());
        assertThrows(OciException.class, () -> new JsonNumber("0x10"));
        assertThrows(OciException.class, () -> new JsonNumber(""));
        assertThrows(OciException.class, () -> new JsonNumber("+1"));
    }

    @Test
    void indentsByFour() {
        Json value =
                JsonObject.builder()
                        .put("name", "web")
                        .put("pids", JsonArray.ofIntegers(List.of(1L, 2L)))
                        .put("empty", new JsonArray(List.of()))
                        .put("absent", (String) null)
                        .putIfTrue("off", false)
                        .put("none", JsonObject.builder().build())
                        .build();
        assertEquals(
                """
                {
                    "name": "web",
                    "pids": [
                        1,
                        2
                    ],
                    "empty": [],
                    "none": {}
                }""",
                value.pretty());
    }

    private static void assertMistake(byte[] text, String message) {
        OciException e = assertThrows(OciException.class, () -> Json.parse(text));
        assertEquals(message, e.getMessage());
    }
}
