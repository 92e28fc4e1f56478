package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What registries.json says (docs/registries.md).
 *
 * @param registries by host, with the port where names have one
 * @param certificates directories with one directory per host in them, first wins
 * @param stallSeconds how long to wait for the next byte; null for the usual time
 */
public record RegistryConfig(
        Map<String, Entry> registries, List<Path> certificates, @Nullable Integer stallSeconds) {
    private static final Entry USUAL = new Entry(false, List.of(), List.of());
    private static final int MAX_MIRRORS = 16;

    public RegistryConfig {
        registries = Map.copyOf(registries);
        certificates = List.copyOf(certificates);
    }

    /**
     * One registry.
     *
     * @param plainHttp whether it speaks HTTP without TLS
     * @param mirrors asked before it, in this order, for what is pulled
     * @param ca files with certificates of authorities to trust beside the system's
     */
    public record Entry(boolean plainHttp, List<Mirror> mirrors, List<Path> ca) {
        public Entry {
            mirrors = List.copyOf(mirrors);
            ca = List.copyOf(ca);
        }
    }

    /**
     * A registry that has copies.
     *
     * @param host with its port if it has one; its own entry says how it is spoken to
     * @param path goes before the repository's; empty, or without slashes at its ends
     * @param plainHttp whether its address began with http://
     */
    public record Mirror(String host, String path, boolean plainHttp) {}

    /** Nothing configured. */
    public static RegistryConfig none() {
        return new RegistryConfig(Map.of(), List.of(), null);
    }

    /**
     * Reads /etc/carafe/registries.json, then the user's, whose entries win; or the one file that
     * CARAFE_REGISTRIES names.
     *
     * @throws RegistryException when one can't be used, with the file and the place in it
     */
    public static RegistryConfig load(Map<String, String> environment) throws RegistryException {
        Places places = new Places(environment);
        RegistryConfig all = none();
        String only = environment.get("CARAFE_REGISTRIES");
        if (only != null && !only.isEmpty()) {
            all = read(Path.of(only), true);
        } else {
            for (Path file : places.registryFiles()) {
                all = all.with(read(file, false));
            }
        }
        return new RegistryConfig(all.registries, places.certificates(), all.stallSeconds);
    }

    private RegistryConfig with(RegistryConfig over) {
        Map<String, Entry> both = new LinkedHashMap<>(registries);
        both.putAll(over.registries);
        return new RegistryConfig(
                both, certificates, over.stallSeconds == null ? stallSeconds : over.stallSeconds);
    }

    /** What is said of a host; the usual when nothing is. */
    Entry entry(String host) {
        return registries.getOrDefault(host, USUAL);
    }

    private static RegistryConfig read(Path file, boolean needed) throws RegistryException {
        try {
            return parse(file.toString(), Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            if (needed) {
                throw new RegistryException(file + ": no such file", e);
            }
            return none();
        } catch (IOException e) {
            throw new RegistryException(file + ": can't be read: " + e.getMessage(), e);
        } catch (OciException e) {
            throw new RegistryException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Reads the document.
     *
     * @throws OciException with the place, when it is none
     */
    static RegistryConfig parse(String where, byte[] utf8) {
        Fields f = Fields.parse(where, utf8);
        onlyKnown(f, Set.of("registries", "stallSeconds"));
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (Map.Entry<String, Fields> one : f.childMap("registries").entrySet()) {
            if (!isHost(one.getKey())) {
                throw f.wrong("registries", "not a host: " + Printable.quote(one.getKey()));
            }
            entries.put(one.getKey(), entry(one.getValue()));
        }
        return new RegistryConfig(entries, List.of(), f.int32("stallSeconds", 1, 3600));
    }

    private static Entry entry(Fields f) {
        onlyKnown(f, Set.of("plainHttp", "mirrors", "ca"));
        List<Mirror> mirrors = new ArrayList<>();
        for (String address : f.strings("mirrors")) {
            mirrors.add(mirror(f, address));
        }
        if (mirrors.size() > MAX_MIRRORS) {
            throw f.wrong("mirrors", "more than " + MAX_MIRRORS);
        }
        List<Path> ca = new ArrayList<>();
        for (String file : f.strings("ca")) {
            if (!file.startsWith("/") || file.indexOf('\0') >= 0) {
                throw f.wrong("ca", "must be absolute paths");
            }
            ca.add(Path.of(file));
        }
        return new Entry(f.isTrue("plainHttp"), mirrors, ca);
    }

    private static Mirror mirror(Fields f, String address) {
        boolean plain = address.startsWith("http://");
        String rest = plain ? address.substring(7) : address;
        rest = rest.startsWith("https://") ? rest.substring(8) : rest;
        int slash = rest.indexOf('/');
        String host = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "" : rest.substring(slash + 1).replaceAll("/+$", "");
        if (!isHost(host) || !path.matches("([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?")) {
            throw f.wrong("mirrors", "not host[:port][/path]: " + Printable.quote(address));
        }
        return new Mirror(host, path, plain);
    }

    private static boolean isHost(String host) {
        try {
            URI uri = URI.create("https://" + host);
            return uri.getHost() != null
                    && host.equals(uri.getRawAuthority())
                    && uri.getRawUserInfo() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** A name that was mistyped must not be a setting that is silently not there. */
    private static void onlyKnown(Fields f, Set<String> known) {
        for (String name : f.object().members().keySet()) {
            if (!known.contains(name)) {
                throw f.wrong(name, "is not known; there are " + String.join(", ", sorted(known)));
            }
        }
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }
}
