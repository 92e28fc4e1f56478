package dev.carafe.runtime;

import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The CLONE_NEW* flags of a specification's namespaces (namespaces(7)). */
final class Namespaces {
    private static final int CLONE_PARENT = 0x8000;

    private Namespaces() {}

    static long flag(Namespace.Type type) {
        return switch (type) {
            case TIME -> 0x80L;
            case MOUNT -> 0x00020000L;
            case CGROUP -> 0x02000000L;
            case UTS -> 0x04000000L;
            case IPC -> 0x08000000L;
            case USER -> 0x10000000L;
            case PID -> 0x20000000L;
            case NETWORK -> 0x40000000L;
        };
    }

    static boolean isNew(Linux linux, Namespace.Type type) {
        for (Namespace namespace : linux.namespaces()) {
            if (namespace.type() == type) {
                return namespace.path() == null;
            }
        }
        return false;
    }

    /**
     * What the clone itself makes. The cgroup namespace comes later, since its root is where its
     * maker is; so does the time namespace, whose offsets are written before anybody enters.
     */
    static long cloneFlags(Linux linux) {
        long flags = 0;
        for (Namespace namespace : linux.namespaces()) {
            if (namespace.path() == null
                    && namespace.type() != Namespace.Type.CGROUP
                    && namespace.type() != Namespace.Type.TIME) {
                flags |= flag(namespace.type());
            }
        }
        return flags;
    }

    /**
     * Appends the clone by which a process gets into the PID namespace that it joined, as a child
     * of the engine; itself it ends.
     *
     * @param flags further flags of the clone
     * @param child where the child goes on
     * @return the clone, whose result is the child's number as the engine sees it
     */
    static Step child(Plan plan, long flags, Label child) {
        // not clone3, which a seccomp filter answers with ENOSYS
        Step clone =
                plan.call(
                                "only a child is in the PID namespace",
                                Sys.CLONE,
                                CLONE_PARENT | flags,
                                0,
                                0,
                                0,
                                0)
                        .child(child);
        plan.call("leave it alone", Sys.EXIT_GROUP, 0);
        return clone;
    }

    /**
     * The kinds of namespaces in which a process is not with this one, as CLONE_NEW* flags.
     *
     * @throws IOException when there is no such process, or it is not this user's
     */
    static long others(int pid) throws IOException {
        long flags = 0;
        for (Namespace.Type type : Namespace.Type.values()) {
            String file = "ns/" + file(type);
            Path own = Path.of("/proc/self", file);
            if (Files.isSymbolicLink(own)) { // absent where the kernel has none of that kind
                Path theirs = Path.of("/proc", String.valueOf(pid), file);
                if (!Files.readSymbolicLink(own).equals(Files.readSymbolicLink(theirs))) {
                    flags |= flag(type);
                }
            }
        }
        return flags;
    }

    private static String file(Namespace.Type type) {
        return switch (type) {
            case MOUNT -> "mnt";
            case NETWORK -> "net";
            case CGROUP, IPC, PID, TIME, USER, UTS -> type.json();
        };
    }
}
