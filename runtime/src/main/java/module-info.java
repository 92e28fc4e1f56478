import org.jspecify.annotations.NullMarked;

/** The container wall: an OCI runtime configuration becomes a plan, and the plan a process. */
@NullMarked
module dev.carafe.runtime {
    requires static org.jspecify;
    requires transitive dev.carafe.linux;
    requires transitive dev.carafe.oci;

    exports dev.carafe.runtime;
    exports dev.carafe.runtime.cgroup;
    exports dev.carafe.runtime.seccomp;
}
