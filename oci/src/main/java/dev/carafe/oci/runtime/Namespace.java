package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A namespace to create or to join (config-linux.md, "Namespaces").
 *
 * @param path of an existing one to join, absolute; unset: a new one is created
 */
public record Namespace(Type type, @Nullable String path) {

    /** The kinds of namespace. */
    public enum Type {
        PID("pid"),
        NETWORK("network"),
        MOUNT("mount"),
        IPC("ipc"),
        UTS("uts"),
        USER("user"),
        CGROUP("cgroup"),
        TIME("time");

        private final String json;

        Type(String json) {
            this.json = json;
        }

        /** The name in config.json, e.g. "network". */
        public String json() {
            return json;
        }
    }

    /** A new namespace. */
    public Namespace(Type type) {
        this(type, null);
    }
}
