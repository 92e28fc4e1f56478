package dev.carafe.engine.vm;

import dev.carafe.linux.Fd;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program of this host, and all that it may reach beside the host's userland: what is not named
 * here it does not see. Not thread-safe.
 */
public final class Program {
    /** The user "nobody". */
    private static final long NOBODY = 65534;

    /**
     * Ids from here on belong to no user: systemd's list of ranges calls 1879048192 to 2147483647
     * unused (docs/UIDS-GIDS.md there).
     */
    private static final long UNUSED = 0x7000_0000L;

    /** A file, directory or socket of the host and its place inside. */
    record Bind(Path source, String place, boolean readOnly, boolean data) {}

    final List<String> command;
    final Path log;
    final List<Bind> binds = new ArrayList<>();
    final List<String> devices = new ArrayList<>();
    final List<Rlimit> limits = new ArrayList<>();
    List<String> capabilities = List.of();
    long user = NOBODY;
    boolean root;
    boolean settings;
    @Nullable Fd input;
    @Nullable Cgroup cgroup;
    @Nullable SeccompFilter filter;

    private Program(List<String> command, Path log) {
        this.command = List.copyOf(command);
        this.log = log;
    }

    /**
     * @param command the program's absolute path and its arguments; paths in them are those inside
     * @param log the file that its output and errors are appended to, made when it is missing. What
     *     it said last is told from there when it ends early
     */
    public static Program of(List<String> command, Path log) {
        if (command.isEmpty() || !command.getFirst().startsWith("/")) {
            throw new IllegalArgumentException("a program needs an absolute path: " + command);
        }
        return new Program(command, log);
    }

    /**
     * Shows it a file or directory, with what is mounted below, for reading.
     *
     * @param source absolute
     * @param place where it sees it, below /run or /tmp
     */
    public Program reads(Path source, String place) {
        return bind(new Bind(source, place, true, false));
    }

    /** Shows it a file, directory or socket for reading and writing; see {@link #reads}. */
    public Program writes(Path source, String place) {
        return bind(new Bind(source, place, false, false));
    }

    /** As the two above, and nothing there can be executed or opened as a device. */
    Program serves(Path source, String place, boolean readOnly) {
        return bind(new Bind(source, place, readOnly, true));
    }

    private Program bind(Bind bind) {
        String place = Path.of(bind.place()).normalize().toString();
        if (!place.startsWith("/run/") && !place.startsWith("/tmp/")) {
            throw new IllegalArgumentException(bind.place() + ": must be below /run or /tmp");
        }
        if (!bind.source().isAbsolute()) {
            throw new IllegalArgumentException(bind.source() + ": must be an absolute path");
        }
        binds.add(bind);
        return this;
    }

    /** Gives it a device node of the host, such as /dev/kvm, at the same place. */
    public Program device(String path) {
        if (!path.startsWith("/dev/")) {
            throw new IllegalArgumentException(path + ": must be below /dev");
        }
        devices.add(path);
        return this;
    }

    /**
     * Whose rights it has on the host: {@link #userOf} of a machine, when root starts it. An
     * ordinary user's programs have the rights of that user, whatever is said here.
     */
    public Program user(long uid) {
        if (uid <= 0) {
            throw new IllegalArgumentException("not an unprivileged user: " + uid);
        }
        user = uid;
        return this;
    }

    /**
     * An id for a machine's unprivileged programs which no user has, so that neither those of
     * another machine nor a daemon of user "nobody" may touch them.
     *
     * @param machine its id, at least seven hexadecimal digits
     */
    public static long userOf(String machine) {
        return UNUSED + Long.parseLong(machine, 0, 7, 16);
    }

    /**
     * Makes it root of its namespaces with these capabilities and no others; for an ordinary user
     * with the ids of its ranges.
     */
    Program root(List<String> names) {
        root = true;
        capabilities = List.copyOf(names);
        return this;
    }

    /** Bounds a resource; by default there are only no core files, which would hold a guest. */
    public Program limit(String type, long most) {
        limits.add(new Rlimit(type, most, most));
        return this;
    }

    /** The group that it joins; made first, when it was planned and not opened. */
    public Program cgroup(Cgroup group) {
        cgroup = group;
        return this;
    }

    /** What it has as descriptor 0 instead of the null device; the caller's to close. */
    public Program input(Fd fd) {
        input = fd;
        return this;
    }

    /** Lets it read the kernel's settings, /proc/sys. */
    Program settings() {
        settings = true;
        return this;
    }

    /** A filter instead of the default profile's. */
    Program filter(SeccompFilter other) {
        filter = other;
        return this;
    }
}
