package dev.carafe.engine.vm;

import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.HostImage;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.Rootfs;
import dev.carafe.runtime.Start;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.seccomp.DefaultProfile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Runs programs of this host, QEMU and what serves it, behind the container wall: each in
 * namespaces of its own, on the read-only userland of the image {@code host}, with no network and
 * with the files and devices that it was given. A guest that breaks out of its machine stands
 * there.
 *
 * <p>The wall needs no taking down: it is gone with the program. Thread-safe.
 */
public final class Confined {
    private static final int O_RDWR = 2;
    private static final int O_LOG = 02 | 0100 | 02000; // O_RDWR | O_CREAT | O_APPEND
    private static final int O_CLOEXEC = 02000000;

    private final HostImage host;
    private final Path mountPoint;
    private final Ids ids;

    /**
     * @param host this host's userland
     * @param mountPoint an empty directory, on which each program's root is assembled in a mount
     *     namespace of its own
     */
    public Confined(HostImage host, Path mountPoint, Ids ids) {
        this.host = host;
        this.mountPoint = mountPoint;
        this.ids = ids;
    }

    /** Who programs can be. */
    Ids ids() {
        return ids;
    }

    /**
     * What a start would do.
     *
     * @param spec the container that the program is in
     * @param plans the system calls
     */
    public record Explained(List<String> command, Spec spec, Start.Plans plans) {}

    /** The command line, the container and the system calls of a start, without starting it. */
    public Explained explain(Program program) throws StartException {
        try {
            Start.Request request =
                    request(
                            program,
                            new Named(program.input == null ? "/dev/null" : "input", -1),
                            new Named(program.log.toString(), -1));
            return new Explained(program.command, request.spec(), Start.explain(request));
        } catch (IOException | CgroupException e) {
            throw failed(program, e);
        }
    }

    /**
     * Starts a program, which may outlive this JVM.
     *
     * @throws StartException when it can't be started; its cgroup is removed then
     */
    public Running start(Program program) throws StartException {
        try (Fd log = open(program.log, O_LOG | Dir.O_NOFOLLOW, 0600);
                Fd nothing = open(Path.of("/dev/null"), O_RDWR, 0)) {
            long before = size(log);
            Fd input = program.input == null ? nothing : program.input;
            Start.Request request =
                    request(
                            program,
                            new Named("input", input.number()),
                            new Named(program.log.toString(), log.number()));
            return new Running(program, Start.run(request).process(), before);
        } catch (IOException e) {
            throw failed(program, e);
        }
    }

    private Start.Request request(Program program, Named input, Named log) throws ErrnoException {
        var filter =
                program.filter == null
                        ? DefaultProfile.filter(Native.arch(), program.capabilities)
                        : program.filter;
        return new Start.Request(
                new ConfinedSpec(program, host.binds(), ids).spec(),
                new Rootfs.Directory(host.image().layers().getFirst()),
                mountPoint,
                Optional.ofNullable(program.cgroup),
                Optional.of(filter),
                List.of(input, log, log));
    }

    private static Fd open(Path path, int flags, int mode) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            return new Fd(
                    (int)
                            Native.check(
                                    "open " + path,
                                    Sys.OPENAT,
                                    Fd.AT_FDCWD,
                                    memory.string(path.toString()),
                                    flags | O_CLOEXEC,
                                    mode));
        }
    }

    private static long size(Fd file) {
        return Math.max(0, Native.syscall(Sys.LSEEK, file.number(), 0, 2));
    }

    private static StartException failed(Program program, Exception e) {
        return new StartException(
                StartException.Kind.FAILED, program.command.getFirst() + ": " + e.getMessage(), e);
    }
}
