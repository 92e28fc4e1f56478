package dev.carafe.runtime;

import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Namespace;

/** The CLONE_NEW* flags of a specification's namespaces (namespaces(7)). */
final class Namespaces {
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
}
