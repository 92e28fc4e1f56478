package dev.carafe.bench;

import dev.carafe.oci.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a figure depends on: the machine, the kernel, and the versions of the peers. */
final class HostFactsText {
    private HostFactsText() {}

    private static Map<String, String> facts() throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("cpu", cpu() + " x " + Runtime.getRuntime().availableProcessors());
        facts.put("kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).trim());
        facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        for (String peer : List.of("crun", "runc", "bwrap", "unshare", "podman")) {
            String path = Spawn.which(peer);
            facts.put(
                    peer, path.isEmpty() ? "missing: install the package " + peer : version(path));
        }
        return facts;
    }

    private static String cpu() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name") || line.startsWith("CPU part")) {
                return line.substring(line.indexOf(':') + 1).trim();
            }
        }
        return "unknown";
    }

    private static String version(String path) throws IOException {
        Process process = new ProcessBuilder(path, "--version").redirectErrorStream(true).start();
        try (BufferedReader reader = process.inputReader()) {
            return String.valueOf(reader.readLine());
        }
    }

    static void print(PrintStream out) throws IOException {
        facts().forEach((name, value) -> out.println(name + ": " + value));
    }

    static JsonObject json() throws IOException {
        JsonObject.Builder json = JsonObject.builder();
        facts().forEach(json::put);
        return json.build();
    }
}
