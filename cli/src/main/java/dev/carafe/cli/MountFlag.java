package dev.carafe.cli;

import dev.carafe.engine.Propagation;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Volume;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads the value of {@code --mount}: {@code type=bind,source=/a,target=/b,readonly} or {@code
 * type=tmpfs,...}.
 */
final class MountFlag {
    private String type = "volume";
    private @Nullable String source;
    private @Nullable String target;
    private boolean readOnly;
    private boolean createSource;
    private Volume.Recursion recursion = Volume.Recursion.ENABLED;
    private Propagation propagation = Propagation.RPRIVATE;
    private String tmpfs = "";
    private @Nullable String foreign;

    private MountFlag() {}

    static void apply(String text, RunOptions run) {
        MountFlag mount = new MountFlag();
        for (String field : text.split(",", -1)) {
            int eq = field.indexOf('=');
            if (eq < 0) {
                mount.set(field, "true", field);
            } else {
                mount.set(field.substring(0, eq), field.substring(eq + 1), field);
            }
        }
        mount.apply(run);
    }

    private void set(String key, String value, String field) {
        switch (key) {
            case "type" -> type = value;
            case "source", "src" -> source = value;
            case "target", "dst", "destination" -> target = value;
            case "readonly", "ro" -> readOnly = on(field, value);
            case "bind-propagation" -> propagation = Propagation.parse(value);
            case "bind-recursive" -> recursion = recursion(value);
            case "bind-nonrecursive" ->
                    recursion =
                            on(field, value) ? Volume.Recursion.DISABLED : Volume.Recursion.ENABLED;
            case "bind-create-src" -> createSource = on(field, value);
            case "tmpfs-size" -> tmpfs("size=" + Units.bytes(value));
            case "tmpfs-mode" -> tmpfs("mode=" + value);
            default ->
                    throw new IllegalArgumentException(
                            "unexpected key '" + key + "' in '" + field + "'");
        }
        if (key.startsWith("bind-") || key.startsWith("tmpfs-")) {
            foreign = key;
        }
    }

    private void tmpfs(String option) {
        tmpfs = tmpfs.isEmpty() ? option : tmpfs + "," + option;
    }

    private static boolean on(String field, String value) {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default ->
                    throw new IllegalArgumentException(
                            "invalid value in '" + field + "': it must be true or false");
        };
    }

    private static Volume.Recursion recursion(String value) {
        return switch (value) {
            case "enabled" -> Volume.Recursion.ENABLED;
            case "disabled" -> Volume.Recursion.DISABLED;
            case "writable" -> Volume.Recursion.WRITABLE;
            case "readonly" -> Volume.Recursion.READONLY;
            default ->
                    throw new IllegalArgumentException(
                            "invalid bind-recursive '"
                                    + value
                                    + "': it must be enabled, disabled, writable or readonly");
        };
    }

    private void apply(RunOptions run) {
        if (!type.equals("bind") && !type.equals("tmpfs")) {
            throw new IllegalArgumentException(
                    "mounts of type " + type + " aren't available yet; it must be bind or tmpfs");
        }
        if (target == null) {
            throw new IllegalArgumentException("target is required");
        }
        if (foreign != null && !foreign.startsWith(type)) {
            throw new IllegalArgumentException("a mount of type " + type + " has no " + foreign);
        }
        if (type.equals("bind")) {
            if (source == null) {
                throw new IllegalArgumentException("source is required");
            }
            run.volume(
                    new Volume(
                            Path.of(source),
                            target,
                            readOnly,
                            recursion,
                            propagation,
                            createSource));
            return;
        }
        if (source != null) {
            throw new IllegalArgumentException("a tmpfs has no source");
        }
        if (readOnly) {
            tmpfs("ro");
        }
        run.tmpfs(target, tmpfs);
    }
}
