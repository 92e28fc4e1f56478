package dev.carafe.runtime;

import dev.carafe.oci.runtime.Capabilities;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The arithmetic of {@code --cap-add} and {@code --cap-drop}, as Docker does it. */
public final class CapabilitySets {
    /** What a container's root gets when nobody asks for more or less: Docker's fourteen. */
    public static final List<String> DEFAULT =
            List.of(
                    "CAP_CHOWN",
                    "CAP_DAC_OVERRIDE",
                    "CAP_FSETID",
                    "CAP_FOWNER",
                    "CAP_MKNOD",
                    "CAP_NET_RAW",
                    "CAP_SETGID",
                    "CAP_SETUID",
                    "CAP_SETFCAP",
                    "CAP_SETPCAP",
                    "CAP_NET_BIND_SERVICE",
                    "CAP_SYS_CHROOT",
                    "CAP_KILL",
                    "CAP_AUDIT_WRITE");

    private static final String ALL = "ALL";

    private CapabilitySets() {}

    /**
     * The defaults with additions and removals. An addition wins over a removal of the same name;
     * {@code ALL} added is everything but what is dropped, {@code ALL} dropped is nothing but what
     * is added.
     *
     * @param add names in any case, with or without {@code CAP_}, or {@code ALL}
     * @param drop likewise
     * @throws IllegalArgumentException for an unknown name, or when ALL is both added and dropped
     */
    public static List<String> of(Collection<String> add, Collection<String> drop) {
        Set<String> added = canonical(add);
        Set<String> dropped = canonical(drop);
        if (added.contains(ALL) && dropped.contains(ALL)) {
            throw new IllegalArgumentException("all capabilities are both added and dropped");
        }
        Set<String> result = new LinkedHashSet<>();
        if (added.contains(ALL)) {
            result.addAll(dev.carafe.linux.Capabilities.all());
            result.removeAll(dropped);
        } else {
            if (!dropped.contains(ALL)) {
                result.addAll(DEFAULT);
                result.removeAll(dropped);
            }
            result.addAll(added);
        }
        return new ArrayList<>(result);
    }

    /**
     * The sets of a container's first process. Inheritable and ambient stay empty: a file's
     * inheritable capabilities would otherwise come to life for an ordinary user (CVE-2022-24769,
     * CVE-2022-29162).
     */
    public static Capabilities process(List<String> names) {
        return new Capabilities(names, names, List.of(), names, List.of());
    }

    private static Set<String> canonical(Collection<String> written) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : written) {
            if (name.equalsIgnoreCase(ALL)) {
                names.add(ALL);
                continue;
            }
            String known = dev.carafe.linux.Capabilities.canonical(name);
            if (known == null) {
                throw new IllegalArgumentException("unknown capability: " + name);
            }
            names.add(known);
        }
        return names;
    }
}
