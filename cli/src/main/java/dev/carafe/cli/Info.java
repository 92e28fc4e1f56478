package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.HostInfo;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonNumber;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code carafe info}: what this host can do, and what is missing. */
final class Info {
    private Info() {}

    static Verb verb() {
        return new Verb(
                "info",
                "[OPTIONS]",
                "Tell what this host can do, and what is missing",
                "Tells what this host can do for containers and machines, and what is missing, with the\n"
                        + "Debian package or the setting that would give it.",
                Given.options(
                        Option.flag("json", "Print JSON"),
                        Option.takes('f', "format", "FORMAT", "json, or the default, table")),
                "carafe info\ncarafe info --json | jq .missing\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 0, console);
        if (given == null) {
            return 0;
        }
        boolean json = given.json();
        try (Engine engine = Engine.open()) {
            HostInfo host = HostInfo.probe(engine.roots());
            int images = engine.images().list().size();
            String root = engine.roots().data().toString();
            console.print(json ? json(host, root, images) : text(host, root, images));
        }
        return 0;
    }

    static String json(HostInfo host, String root, int images) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("version", new JsonString(Version.NUMBER));
        members.put("root", new JsonString(root));
        members.put("images", JsonNumber.of(images));
        members.putAll(host.json().members());
        return new JsonObject(members).pretty() + "\n";
    }

    static String text(HostInfo host, String root, int images) {
        StringBuilder out = new StringBuilder();
        line(out, "Carafe", Version.NUMBER + ", " + host.java());
        line(out, "Root", root + ", " + (images == 1 ? "1 image" : images + " images"));
        line(
                out,
                "Host",
                host.operatingSystem() + ", Linux " + host.kernel() + ", " + host.architecture());
        line(out, "CPUs, memory", host.cpus() + ", " + Units.binarySize(host.memory()));
        line(out, "Runs as", host.rootless() ? "an ordinary user (rootless)" : "root");
        line(
                out,
                "Cgroups",
                host.cgroups().mode()
                        + (host.cgroups().writable() ? ": " : ", not writable: ")
                        + words(host.cgroups().controllers()));
        line(out, "Namespaces", words(host.namespaces()));
        line(
                out,
                "User namespaces",
                (host.userNamespaces().allowed() ? "yes" : "no")
                        + ranges(", users ", host.userNamespaces().subUids())
                        + ranges(", groups ", host.userNamespaces().subGids()));
        line(
                out,
                "Overlay",
                host.overlay().available()
                        ? host.overlay().inUserNamespace()
                                ? "yes, also in user namespaces"
                                : "yes, for root only"
                        : "no");
        line(out, "Seccomp", host.seccompActions().isEmpty() ? "no" : words(host.seccompActions()));
        line(out, "Security modules", words(host.securityModules()));
        machines(out, host.machines());
        for (Map.Entry<String, HostInfo.Limit> e : host.limits().entrySet()) {
            line(
                    out,
                    "Limit " + e.getKey(),
                    number(e.getValue().soft()) + ", at most " + number(e.getValue().hard()));
        }
        for (Map.Entry<String, String> e : host.tools().entrySet()) {
            if (e.getValue().equals(host.machines().qemu())) {
                continue;
            }
            line(out, e.getKey(), e.getValue());
        }
        missing(out, host.missing());
        return out.toString();
    }

    private static void machines(StringBuilder out, HostInfo.Machines machines) {
        line(
                out,
                "QEMU",
                machines.qemu().isEmpty()
                        ? "not installed: install qemu-system-x86"
                        : machines.qemuVersion() + ", " + machines.qemu());
        line(out, "Accelerator", machines.accelerator() + ": " + machines.reason());
        line(
                out,
                "Guest kernel",
                machines.kernel().isEmpty()
                        ? "none: install linux-image-cloud-amd64"
                        : machines.kernelVersion() + ", " + machines.kernel());
        line(
                out,
                "virtiofsd",
                machines.virtiofsd().isEmpty() ? "not installed" : machines.virtiofsd());
    }

    private static void missing(StringBuilder out, List<HostInfo.Missing> missing) {
        if (missing.isEmpty()) {
            return;
        }
        out.append("\nMissing:\n");
        for (HostInfo.Missing m : missing) {
            out.append("  ")
                    .append(m.what())
                    .append(", for ")
                    .append(m.purpose())
                    .append("\n      ")
                    .append(m.remedy())
                    .append('\n');
        }
    }

    private static void line(StringBuilder out, String name, String value) {
        out.append(name)
                .append(':')
                .append(" ".repeat(Math.max(1, 20 - name.length())))
                .append(value)
                .append('\n');
    }

    private static String words(List<String> words) {
        return words.isEmpty() ? "none" : String.join(" ", words);
    }

    private static String ranges(String before, List<String> ranges) {
        return ranges.isEmpty() ? "" : before + String.join(" ", ranges);
    }

    private static String number(long limit) {
        return limit == -1 ? "unlimited" : Long.toString(limit);
    }
}
