package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.ImageConfig.Config;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The instructions of {@code import --change}, in the syntax of a Dockerfile. */
final class Changes {
    private final List<String> ports = new ArrayList<>();
    private final Map<String, String> env = new LinkedHashMap<>();
    private final List<String> volumes = new ArrayList<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private List<String> entrypoint = List.of();
    private List<String> cmd = List.of();
    private @Nullable String user;
    private @Nullable String workingDir;
    private @Nullable String stopSignal;

    private Changes() {}

    /**
     * The configuration that these instructions make of an empty one.
     *
     * @throws ImageException for one that is malformed or not supported
     */
    static Config apply(List<String> instructions) throws ImageException {
        Changes changes = new Changes();
        for (String instruction : instructions) {
            changes.add(instruction.strip());
        }
        List<String> env = new ArrayList<>();
        changes.env.forEach((name, value) -> env.add(name + "=" + value));
        return new Config(
                changes.user,
                changes.ports,
                env,
                changes.entrypoint,
                changes.cmd,
                changes.volumes,
                changes.workingDir,
                changes.labels,
                changes.stopSignal,
                false);
    }

    private void add(String instruction) throws ImageException {
        int space = instruction.indexOf(' ');
        String keyword =
                (space < 0 ? instruction : instruction.substring(0, space))
                        .toUpperCase(Locale.ROOT);
        String value = space < 0 ? "" : instruction.substring(space + 1).strip();
        if (value.isEmpty()) {
            throw new ImageException(
                    "change " + OciException.quote(instruction) + ": it has no value");
        }
        switch (keyword) {
            case "CMD" -> cmd = command(value);
            case "ENTRYPOINT" -> entrypoint = command(value);
            case "ENV" -> pairs(value, env);
            case "LABEL" -> pairs(value, labels);
            case "EXPOSE" -> ports.addAll(words(value));
            case "VOLUME" -> volumes.addAll(value.startsWith("[") ? array(value) : words(value));
            case "USER" -> user = value;
            case "WORKDIR" -> workingDir = value.startsWith("/") ? value : "/" + value;
            case "STOPSIGNAL" -> stopSignal = value;
            default ->
                    throw new ImageException(
                            "change " + OciException.quote(instruction) + ": not supported");
        }
    }

    /** The exec form, or the shell form, which a shell reads. */
    private static List<String> command(String value) throws ImageException {
        return value.startsWith("[") ? array(value) : List.of("/bin/sh", "-c", value);
    }

    private static List<String> array(String value) throws ImageException {
        List<String> words = new ArrayList<>();
        try {
            if (Json.parse(value.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    instanceof JsonArray array) {
                for (Json element : array.elements()) {
                    if (!(element instanceof JsonString word)) {
                        throw new ImageException(
                                "change " + OciException.quote(value) + ": not all are strings");
                    }
                    words.add(word.value());
                }
            }
        } catch (OciException e) {
            throw new ImageException(
                    "change " + OciException.quote(value) + ": " + e.getMessage(), e);
        }
        return words;
    }

    /** {@code A=b "C=d e" F="g h"}, or the old {@code A b c}. */
    private static void pairs(String value, Map<String, String> to) throws ImageException {
        List<String> words = words(value);
        int space = value.indexOf(' ');
        if (words.get(0).indexOf('=') < 0 && space > 0) {
            to.put(value.substring(0, space), value.substring(space + 1).strip());
            return;
        }
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals <= 0) {
                throw new ImageException(
                        "change " + OciException.quote(value) + ": must be NAME=VALUE");
            }
            to.put(word.substring(0, equals), word.substring(equals + 1));
        }
    }

    private static List<String> words(String value) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        char quote = 0;
        boolean any = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' && quote != '\'' && i + 1 < value.length()) {
                word.append(value.charAt(++i));
                any = true;
            } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
                quote = quote == 0 ? c : 0;
                any = true;
            } else if (quote == 0 && c == ' ') {
                if (any) {
                    words.add(word.toString());
                }
                word.setLength(0);
                any = false;
            } else {
                word.append(c);
                any = true;
            }
        }
        if (any) {
            words.add(word.toString());
        }
        return words;
    }
}
