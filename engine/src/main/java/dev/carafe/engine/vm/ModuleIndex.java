package dev.carafe.engine.vm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What depmod(8) wrote into a directory of modules: modules.dep(5), modules.builtin,
 * modules.softdep, modules.alias. A module is known by its name, with {@code _} for {@code -}.
 */
final class ModuleIndex {
    private final Path directory;

    /** The lines of modules.dep by the module's name. */
    private final Map<String, String> modules = new HashMap<>();

    private final Set<String> builtIn = new HashSet<>();
    private final Map<String, List<String>> softBefore = new HashMap<>();
    private final Map<String, List<String>> aliases = new HashMap<>();
    private boolean aliasesRead;

    /** What {@link #files} has found so far, in the order of loading. */
    private final Map<String, KernelModule> found = new LinkedHashMap<>();

    private final Set<String> visiting = new HashSet<>();

    private ModuleIndex(Path directory) {
        this.directory = directory;
    }

    /**
     * Reads the files that are there.
     *
     * @throws VmException when modules.dep is not
     */
    static ModuleIndex read(Path directory) throws IOException {
        ModuleIndex index = new ModuleIndex(directory);
        List<String> dep = lines(directory.resolve("modules.dep"));
        if (dep == null) {
            throw new VmException(
                    directory + " has no modules.dep: run depmod " + directory.getFileName());
        }
        for (String line : dep) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.indexOf('\0') < 0) {
                index.modules.put(name(line.substring(0, colon)), line);
            }
        }
        for (String line : present(directory.resolve("modules.builtin"))) {
            index.builtIn.add(name(line));
        }
        for (String line : present(directory.resolve("modules.softdep"))) {
            index.readSoftDependency(line);
        }
        return index;
    }

    /** {@code softdep MODULE pre: NAME... post: NAME...}. */
    private void readSoftDependency(String line) {
        String[] words = line.split(" ", -1);
        if (words.length < 4 || !words[0].equals("softdep")) {
            return;
        }
        boolean before = false;
        for (int i = 2; i < words.length; i++) {
            if (words[i].equals("pre:") || words[i].equals("post:")) {
                before = words[i].equals("pre:");
            } else if (before) {
                softBefore
                        .computeIfAbsent(canonical(words[1]), m -> new ArrayList<>())
                        .add(canonical(words[i]));
            }
        }
    }

    /**
     * Reads the names that modules offer, which only soft dependencies need: {@code alias NAME
     * MODULE}, without the wildcards for devices, and for what is built in {@code
     * MODULE.alias=NAME}, each ended by a NUL (Linux 5.2).
     */
    private void readAliases() throws IOException {
        if (aliasesRead) {
            return;
        }
        aliasesRead = true;
        for (String line : present(directory.resolve("modules.alias"))) {
            String[] words = line.split(" ", -1);
            if (words.length == 3 && words[0].equals("alias") && words[1].indexOf('*') < 0) {
                aliases.computeIfAbsent(canonical(words[1]), m -> new ArrayList<>())
                        .add(canonical(words[2]));
            }
        }
        String builtInInfo =
                String.join("\n", present(directory.resolve("modules.builtin.modinfo")));
        for (String line : builtInInfo.split("\0", -1)) {
            int at = line.indexOf(".alias=");
            if (at > 0) {
                builtIn.add(canonical(line.substring(at + ".alias=".length())));
            }
        }
    }

    /**
     * The modules that these need, themselves included, in the order of loading; without those
     * built into the kernel.
     *
     * @throws VmException naming all that are missing
     */
    List<KernelModule> files(List<String> wanted) throws IOException {
        found.clear();
        List<String> missing = new ArrayList<>();
        for (String name : wanted) {
            if (!add(canonical(name), false)) {
                missing.add(name);
            }
        }
        if (!missing.isEmpty()) {
            throw new VmException(
                    "kernel "
                            + directory.getFileName()
                            + " lacks "
                            + (missing.size() == 1 ? "the module " : "the modules ")
                            + String.join(", ", missing)
                            + " (neither in "
                            + directory
                            + " nor built in)");
        }
        return List.copyOf(found.values());
    }

    /** Adds a module after what it needs; false when there is none of that name. */
    private boolean add(String name, boolean optional) throws IOException {
        if (builtIn.contains(name)) {
            return true;
        }
        KernelModule known = found.get(name);
        if (known != null && (!known.optional() || optional) || visiting.contains(name)) {
            return true;
        }
        String line = modules.get(name);
        if (line == null) {
            return false;
        }
        visiting.add(name);
        int colon = line.indexOf(':');
        for (String soft : softBefore.getOrDefault(name, List.of())) {
            addSoft(soft);
        }
        // the nearest comes first there, what it needs after it
        String[] needs = line.substring(colon + 1).strip().split(" ", -1);
        for (int i = needs.length - 1; i >= 0; i--) {
            if (!needs[i].isEmpty() && !add(name(needs[i]), optional)) {
                throw new VmException(
                        directory.resolve("modules.dep")
                                + " has no line for "
                                + needs[i]
                                + ": run depmod "
                                + directory.getFileName());
            }
        }
        visiting.remove(name);
        // the place of one that was optional stays: what it needs is before it
        found.put(
                name,
                new KernelModule(name, directory.resolve(line.substring(0, colon)), optional));
        return true;
    }

    /** By its name, or else all that offer it. */
    private void addSoft(String name) throws IOException {
        readAliases();
        if (!add(name, true)) {
            for (String module : aliases.getOrDefault(name, List.of())) {
                add(module, true);
            }
        }
    }

    /** The module's name in a path such as kernel/fs/fuse/fuse.ko.xz. */
    static String name(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        int end = file.indexOf(".ko");
        return canonical(end < 0 ? file : file.substring(0, end));
    }

    private static String canonical(String name) {
        return name.strip().replace('-', '_');
    }

    private static List<String> present(Path file) throws IOException {
        List<String> lines = lines(file);
        return lines == null ? List.of() : lines;
    }

    private static @Nullable List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
