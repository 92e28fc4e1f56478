package dev.carafe.oci.json;

import static dev.carafe.oci.Resource.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.oci.OciException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class FieldsTest {
    private final Fields f =
            Fields.parse(
                    "a.json",
                    utf8(
                            """
                            {"n": 5, "big": 18446744073709551615, "frac": 1.5, "exp": 1e2, "s": "x",
                             "nil": null, "list": ["a", 1], "objects": [{}, {"inner": {"v": 7}}],
                             "map": {"a": "1", "b\\u001b[2J": 2}, "yes": true}
                            """));

    @Test
    void nullIsAbsent() {
        assertNull(f.string("nil"));
        assertNull(f.integer("nil", 0, 1));
        assertNull(f.child("nil"));
        assertNull(f.bool("nil"));
        assertFalse(f.has("nil"));
        assertEquals(List.of(), f.strings("nil"));
        assertEquals(Map.of(), f.stringMap("nil"));
        assertEquals(List.of(), f.children("none"));
    }

    @Test
    void namesThePlace() {
        assertWrong("a.json: s: must be an integer from 0 to 9", () -> f.integer("s", 0, 9));
        assertWrong("a.json: n: must be an integer from 0 to 4", () -> f.integer("n", 0, 4));
        assertWrong("a.json: frac: must be an integer from 0 to 4", () -> f.integer("frac", 0, 4));
        assertWrong(
                "a.json: exp: must be an integer from 0 to 900", () -> f.integer("exp", 0, 900));
        assertWrong(
                "a.json: big: must be an integer from 0 to 4", () -> f.needInteger("big", 0, 4));
        assertWrong("a.json: nil: is missing", () -> f.needString("nil"));
        assertWrong("a.json: list[1]: must be a string", () -> f.strings("list"));
        assertWrong("a.json: list[0]: must be an object", () -> f.children("list"));
        assertWrong("a.json: map: must be an array", () -> f.strings("map"));
        assertWrong("a.json: list: must be an object", () -> f.stringMap("list"));
        assertWrong("a.json: n: must be true or false", () -> f.bool("n"));
        Fields inner = f.children("objects").get(1).needChild("inner");
        assertWrong("a.json: objects[1].inner.v: must be a string", () -> inner.string("v"));
        assertEquals(-1L, f.needUnsigned("big"));
    }

    @Test
    void hostileNamesCantReachTheTerminal() {
        assertWrong("a.json: map.b?[2J: must be a string", () -> f.stringMap("map"));
    }

    @Test
    void saysWhichDocumentIsNone() {
        assertWrong("x: must be an object", () -> Fields.parse("x", utf8("[]")));
        assertWrong(
                "x: line 1, column 1: the document breaks off", () -> Fields.parse("x", utf8("")));
    }

    private static void assertWrong(String message, Executable code) {
        assertEquals(message, assertThrows(OciException.class, code).getMessage());
    }
}
