package dev.carafe.engine.dockerfile;

import dev.carafe.oci.image.Platform;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What FROM sees: the automatic platform variables and the ARGs before the first FROM. Stages see
 * these only where they declare them again.
 */
public final class Globals implements Variables {
    /** Known to RUN without an ARG, and in no cache key, so that a proxy may change. */
    static final List<String> PROXIES =
            List.of(
                    "HTTP_PROXY",
                    "http_proxy",
                    "HTTPS_PROXY",
                    "https_proxy",
                    "FTP_PROXY",
                    "ftp_proxy",
                    "NO_PROXY",
                    "no_proxy",
                    "ALL_PROXY",
                    "all_proxy");

    private final Map<String, String> arguments;
    private final Values values;

    private Globals(Map<String, String> arguments, Map<String, String> values) {
        this.arguments = Map.copyOf(arguments);
        this.values = new Values(values);
    }

    /**
     * The values at the first FROM.
     *
     * @param arguments of {@code --build-arg}; they override defaults and automatic variables
     * @param target the name of the stage that is built, empty for the last one
     * @throws DockerfileException when a default can't be expanded
     */
    public static Globals of(
            Dockerfile file,
            Map<String, String> arguments,
            Platform build,
            Platform platform,
            String target)
            throws DockerfileException {
        Map<String, String> values = new LinkedHashMap<>();
        platform("BUILD", build, values);
        platform("TARGET", platform, values);
        values.put("TARGETSTAGE", target.isEmpty() ? "default" : target);
        values.replaceAll((name, value) -> arguments.getOrDefault(name, value));
        Globals globals = new Globals(arguments, values);
        for (Instruction.Arg arg : file.globals()) {
            for (Instruction.Arg.Definition definition : arg.definitions()) {
                globals.define(definition);
            }
        }
        return globals;
    }

    private static void platform(String prefix, Platform platform, Map<String, String> values) {
        String variant = platform.variant() == null ? "" : platform.variant();
        String version = platform.osVersion() == null ? "" : platform.osVersion();
        values.put(
                prefix + "PLATFORM",
                platform.os()
                        + "/"
                        + platform.architecture()
                        + (variant.isEmpty() ? "" : "/" + variant));
        values.put(prefix + "OSVERSION", version);
        values.put(prefix + "OS", platform.os());
        values.put(prefix + "ARCH", platform.architecture());
        values.put(prefix + "VARIANT", variant);
    }

    private void define(Instruction.Arg.Definition definition) throws DockerfileException {
        String name = Words.expand(definition.name(), this);
        String value = arguments.get(name);
        if (value == null && definition.value() != null) {
            value = Words.expand(definition.value(), this);
        }
        if (value != null) {
            values.put(definition.name(), name, value);
        }
    }

    @Override
    public @Nullable String get(String name) {
        return values.get(name);
    }

    /** The value that {@code --build-arg} gave, null without. */
    @Nullable String argument(String name) {
        return arguments.get(name);
    }

    /** The proxies of {@code --build-arg}, for RUN. */
    public Map<String, String> proxies() {
        Map<String, String> proxies = new LinkedHashMap<>();
        for (String name : PROXIES) {
            String value = arguments.get(name);
            if (value != null) {
                proxies.put(name, value);
            }
        }
        return proxies;
    }

    /**
     * The names of {@code --build-arg} that no ARG of the Dockerfile asks for, which is likely a
     * mistake of who builds.
     */
    public Set<String> unused(Dockerfile file) {
        Set<String> known = new HashSet<>(PROXIES);
        known.add("SOURCE_DATE_EPOCH");
        file.globals().forEach(arg -> declare(arg, known));
        for (Stage stage : file.stages()) {
            for (Instruction instruction : stage.instructions()) {
                if (instruction instanceof Instruction.Arg arg) {
                    declare(arg, known);
                }
            }
        }
        Set<String> unused = new TreeSet<>(arguments.keySet());
        unused.removeIf(name -> known.contains(name) || automatic(name));
        return unused;
    }

    private static void declare(Instruction.Arg arg, Set<String> known) {
        arg.definitions().forEach(d -> known.add(d.name().raw()));
    }

    private static boolean automatic(String name) {
        return List.of("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT", "STAGE")
                        .contains(name.replaceFirst("^(BUILD|TARGET)", ""))
                || name.startsWith("BUILDKIT_");
    }
}
