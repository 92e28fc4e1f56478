package dev.carafe.engine.dockerfile;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The exec form: an array of strings in JSON. */
final class JsonWords {
    private JsonWords() {}

    /**
     * The strings, or null when the text is no JSON array and thus the shell form.
     *
     * @throws DockerfileException when it is one, but of other things than strings
     */
    static @Nullable List<String> read(Statement statement) throws DockerfileException {
        String text = statement.text();
        if (!text.startsWith("[")) {
            return null;
        }
        Json json;
        try {
            json = Json.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (OciException e) {
            return null;
        }
        List<String> words = new ArrayList<>();
        for (Json element : ((JsonArray) json).elements()) {
            if (!(element instanceof JsonString string)) {
                throw statement.error("the array may have strings only");
            }
            if (string.value().indexOf('\0') >= 0) {
                throw statement.error("a string of the array has a NUL");
            }
            words.add(string.value());
        }
        return List.copyOf(words);
    }

    /** The strings as words, whose places are not known. */
    static @Nullable List<Word> words(Statement statement) throws DockerfileException {
        List<String> strings = read(statement);
        return strings == null
                ? null
                : strings.stream()
                        .map(s -> new Word(s, statement.line(), statement.rest(), false))
                        .toList();
    }

    /**
     * Whether a text that is no JSON array was likely meant as one: {@code ['a']}. A shell's {@code
     * [ "$x" ]} was not.
     */
    static boolean wasMeant(String text) {
        if (!text.startsWith("[") || !text.endsWith("]")) {
            return false;
        }
        int first = Blank.skip(text, 1);
        boolean quote = text.charAt(first) == '\'' || text.charAt(first) == '"';
        return quote && (first == 1 || text.indexOf(',') > 0 && text.indexOf('=') < 0);
    }
}
