package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Steps that mount things inside a container's root, through descriptors only (fsopen(2),
 * open_tree(2)).
 */
final class MountSteps {
    private static final int OPEN_TREE_CLONE = 1;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int MOVE_FROM_EMPTY = 4;
    private static final int MOVE_BOTH_EMPTY = 0x44; // F_EMPTY_PATH | T_EMPTY_PATH
    private static final int FSOPEN_CLOEXEC = 1;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int FSCONFIG_CMD_RECONFIGURE = 7;
    private static final int FSPICK_CLOEXEC = 1;
    private static final int FSPICK_EMPTY_PATH = 8;

    private static final MountOptions EMPTY =
            MountOptions.of(List.of("ro", "nosuid", "nodev", "noexec", "nr_inodes=1"));

    private final Plan plan;
    private final Inside inside;
    private final @Nullable Set<String> directories;

    /**
     * @param directories which sources of bind mounts are directories; null when they are this
     *     host's, and can be looked at
     */
    MountSteps(Plan plan, Inside inside, @Nullable Set<String> directories) {
        this.plan = plan;
        this.inside = inside;
        this.directories = directories;
    }

    /** One entry of the specification's mounts. */
    void mount(Mount mount) {
        MountOptions options = MountOptions.of(mount.options());
        String type = mount.type();
        if (options.remount()) {
            remount(mount.destination(), options);
        } else if (options.bind() || "bind".equals(type)) {
            bind(mount, options);
        } else {
            fresh(mount.destination(), type == null ? "none" : type, mount.source(), options);
        }
    }

    /** A detached mount of the engine's process. */
    void attach(Start.Attachment attachment) {
        String destination = attachment.destination();
        Step tree = handedOver(plan, attachment.mount());
        move(tree, inside.mountPoint(destination, attachment.directory()), destination);
    }

    /** Puts a detached mount of the engine's process on a directory of the host. */
    static void moveTo(Plan plan, Fd mount, String at) {
        Step tree = handedOver(plan, mount);
        plan.call(
                "the image's layers and the writable one",
                Sys.MOVE_MOUNT,
                tree,
                "",
                Inside.here(),
                at,
                MOVE_FROM_EMPTY);
    }

    /** The stage has no descriptor of the engine's, but may open it where it is. */
    private static Step handedOver(Plan plan, Fd mount) {
        return plan.call(
                "a mount that the engine made",
                Sys.OPENAT,
                Inside.here(),
                "/proc/" + ProcessHandle.current().pid() + "/fd/" + mount.number(),
                Inside.O_PATH | Inside.O_CLOEXEC);
    }

    private void bind(Mount mount, MountOptions options) {
        String source = mount.source() == null ? "" : mount.source();
        Step tree =
                plan.call(
                        "the tree of " + source,
                        Sys.OPEN_TREE,
                        Inside.here(),
                        source,
                        OPEN_TREE_CLONE
                                | Inside.O_CLOEXEC
                                | (options.recursive() ? AT_RECURSIVE : 0));
        attributes(tree, "options of " + mount.destination(), options);
        boolean directory =
                directories == null
                        ? Files.isDirectory(Path.of(source))
                        : directories.contains(source);
        Step target = inside.mountPoint(mount.destination(), directory);
        move(tree, target, mount.destination());
    }

    /** Changes a mount, with the mounts below it only where the options say so. */
    private void remount(String destination, MountOptions options) {
        Step target = inside.open("what is mounted at " + destination, destination, Inside.O_PATH);
        if (!options.data().isEmpty()) {
            String why = "the file system at " + destination;
            Step fs = plan.call(why, Sys.FSPICK, target, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
            configure(fs, options);
            plan.call(why, Sys.FSCONFIG, fs, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0);
        }
        attributes(target, "new options of " + destination, options);
    }

    private void fresh(
            String destination, String type, @Nullable String source, MountOptions options) {
        Step target = inside.mountPoint(destination, true);
        Step tree = create(destination, type, source, options);
        if (options.propagation() != 0 || options.setAll() != 0 || options.clearAll() != 0) {
            attributes(tree, "options of " + destination, options);
        }
        move(tree, target, destination);
    }

    private Step create(
            String destination, String type, @Nullable String source, MountOptions options) {
        Step fs = plan.call("a " + type + " for " + destination, Sys.FSOPEN, type, FSOPEN_CLOEXEC);
        if (source != null) {
            plan.call("its source", Sys.FSCONFIG, fs, FSCONFIG_SET_STRING, "source", source, 0);
        }
        configure(fs, options);
        plan.call(
                "create " + type + " for " + destination,
                Sys.FSCONFIG,
                fs,
                FSCONFIG_CMD_CREATE,
                0,
                0,
                0);
        return plan.call("a mount of it", Sys.FSMOUNT, fs, FSOPEN_CLOEXEC, options.set());
    }

    private void configure(Step fs, MountOptions options) {
        for (String option : options.data()) {
            int equals = option.indexOf('=');
            if (equals < 0) {
                plan.call("its options", Sys.FSCONFIG, fs, FSCONFIG_SET_FLAG, option, 0, 0);
            } else {
                String key = option.substring(0, equals);
                plan.call(
                        "its options",
                        Sys.FSCONFIG,
                        fs,
                        FSCONFIG_SET_STRING,
                        key,
                        option.substring(equals + 1),
                        0);
            }
        }
    }

    private void attributes(Step tree, String why, MountOptions options) {
        if (options.set() != 0
                || options.clear() != 0
                || options.propagation() != 0 && !options.propagationAll()) {
            long propagation = options.propagationAll() ? 0 : options.propagation();
            setattr(tree, why, 0, options.set(), options.clear(), propagation);
        }
        if (options.setAll() != 0 || options.clearAll() != 0 || options.propagationAll()) {
            long propagation = options.propagationAll() ? options.propagation() : 0;
            setattr(tree, why, AT_RECURSIVE, options.setAll(), options.clearAll(), propagation);
        }
    }

    private void setattr(Object tree, String why, int at, long set, long clear, long propagation) {
        // a change of the access time mode must clear the whole field
        long cleared = (set & MountOptions.ATIME) != 0 ? clear | MountOptions.ATIME : clear;
        String text =
                "{set=0x"
                        + Long.toHexString(set)
                        + ", clear=0x"
                        + Long.toHexString(cleared)
                        + ", propagation=0x"
                        + Long.toHexString(propagation)
                        + "}";
        Blob attr = Blob.room(32, text).u64(0, set).u64(8, cleared).u64(16, propagation);
        plan.call(why, Sys.MOUNT_SETATTR, tree, "", Inside.AT_EMPTY_PATH | at, attr, 32);
    }

    private void move(Step tree, Object target, String destination) {
        plan.call(
                "put it at " + destination, Sys.MOVE_MOUNT, tree, "", target, "", MOVE_BOTH_EMPTY);
    }

    /** Makes the mount that a descriptor is the root of read-only, not what is mounted below. */
    void readOnly(Step root) {
        setattr(root, "the root is read-only", 0, MountOptions.RDONLY, 0, 0);
    }

    /**
     * Binds a path over itself, read-only with all below; a path that is not there is passed over.
     */
    void readOnlyPath(String path) {
        Label absent = plan.label();
        Step target =
                inside.openStrict(path + " is read-only", path, Inside.O_PATH)
                        .onErrno(Errno.ENOENT, absent);
        Step tree =
                plan.call(
                        path + " is read-only",
                        Sys.OPEN_TREE,
                        target,
                        "",
                        OPEN_TREE_CLONE | Inside.O_CLOEXEC | Inside.AT_EMPTY_PATH | AT_RECURSIVE);
        setattr(tree, path + " is read-only", AT_RECURSIVE, MountOptions.RDONLY, 0, 0);
        move(tree, target, path);
        plan.place(absent);
    }

    /**
     * Opens what hides files: the host's null device, which no container can have swapped
     * (CVE-2025-31133).
     */
    Step nullDevice() {
        return plan.call(
                "the host's null device hides files",
                Sys.OPENAT,
                Inside.here(),
                "/dev/null",
                Inside.O_PATH | Inside.O_CLOEXEC);
    }

    /**
     * Hides a file behind the null device, a directory behind an empty one; what is not there is
     * passed over.
     */
    void maskedPath(Step nullDevice, String path) {
        Label done = plan.label();
        String why = path + " is hidden";
        Step target = inside.openStrict(why, path, Inside.O_PATH).onErrno(Errno.ENOENT, done);
        Step file =
                plan.call(
                        why,
                        Sys.OPEN_TREE,
                        nullDevice,
                        "",
                        OPEN_TREE_CLONE | Inside.O_CLOEXEC | Inside.AT_EMPTY_PATH);
        plan.call(why, Sys.MOVE_MOUNT, file, "", target, "", MOVE_BOTH_EMPTY)
                .accept(Errno.EINVAL) // a directory takes no file: the next steps hide it
                .onSuccess(done);
        move(create(path, "tmpfs", "tmpfs", EMPTY), target, path);
        plan.place(done);
    }

    /** Binds a file of the host onto a path in the container's /dev. */
    void bindDevice(Object directory, String source, String path) {
        Step tree =
                plan.call(
                        "the host's " + source,
                        Sys.OPEN_TREE,
                        directory,
                        source,
                        OPEN_TREE_CLONE | Inside.O_CLOEXEC);
        move(tree, inside.mountPoint(path, false), path);
    }
}
