package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Box;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.seccomp.SeccompFilter;
import dev.carafe.runtime.seccomp.SeccompSteps;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What every process of a container goes through, its first and further ones: from the signals of
 * the JVM to its terminal, its limits, its user and its execve.
 */
final class ProcessSteps {
    private static final int SIG_SETMASK = 2;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int TIOCSCTTY = 0x540E;
    private static final int TIOCSWINSZ = 0x5414;

    private final Plan plan;
    private final Process process;
    private final Optional<SeccompFilter> seccomp;
    private final long available;
    private final boolean someUser;
    private final List<Step> execs = new ArrayList<>();
    private @Nullable Step master;
    private @Nullable Step slave;

    /**
     * @param seccomp the filter, if any
     * @param available the capabilities that it can have at all
     * @param someUser whether it is in another user namespace than the first
     */
    ProcessSteps(
            Plan plan,
            Process process,
            Optional<SeccompFilter> seccomp,
            long available,
            boolean someUser) {
        this.plan = plan;
        this.process = process;
        this.seccomp = seccomp;
        this.available = available;
        this.someUser = someUser;
    }

    /**
     * The tries to execute the process, one for each entry of PATH; the last one fails the plan.
     */
    List<Step> execs() {
        return execs;
    }

    void resetSignals() {
        plan.call(
                "no signal stays blocked",
                Sys.RT_SIGPROCMASK,
                SIG_SETMASK,
                Blob.room(8, "none"),
                0,
                8);
        Blob defaults = Blob.room(32, "SIG_DFL");
        for (int signal : new int[] {1, 2, 3, 13, 15, 17, 20, 21, 22}) {
            plan.call(
                    "what the JVM's parent ignored is not",
                    Sys.RT_SIGACTION,
                    signal,
                    defaults,
                    0,
                    8);
        }
    }

    void oomScore() {
        Integer score = process.oomScoreAdj();
        if (score != null) {
            plan.writeFile(
                    "how soon the kernel kills it when memory is short",
                    "/proc/self/oom_score_adj",
                    "" + score);
        }
    }

    /** Opens a terminal of the container's own kind, whose master goes to the engine. */
    void openTerminal(Inside inside) {
        Step master = inside.openStrict("a terminal", "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
        plan.call("unlock it", Sys.IOCTL, master, TIOCSPTLCK, Blob.room(8, "0"));
        Step slave = plan.call("its other end", Sys.IOCTL, master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
        plan.call("the user's", Sys.FCHOWN, slave, process.user().uid(), 5).ignore();
        Box size = process.consoleSize();
        if (size != null) {
            Blob window =
                    Blob.room(8, "{" + size.height() + " rows, " + size.width() + " columns}")
                            .u16(0, size.height())
                            .u16(2, size.width());
            plan.call("its size", Sys.IOCTL, slave, TIOCSWINSZ, window);
        }
        this.master = master;
        this.slave = slave;
    }

    void terminalStreams() {
        for (int i = 0; i < 3; i++) {
            plan.call("standard stream " + i, Sys.DUP3, opened(slave), i, 0);
        }
    }

    /** It takes the leader of a session. */
    void controllingTerminal() {
        plan.call("the session's terminal", Sys.IOCTL, 0, TIOCSCTTY, 0);
    }

    void handTerminalOver() {
        // EINVAL: it has that number already
        int fixed = 63;
        plan.call(
                        "a number that the message can name",
                        Sys.DUP3,
                        opened(master),
                        fixed,
                        Inside.O_CLOEXEC)
                .accept(Errno.EINVAL);
        plan.call(
                "hand the terminal to the engine",
                Sys.SENDMSG,
                Stage.CONSOLE,
                descriptorMessage(fixed),
                0);
    }

    private static Step opened(@Nullable Step end) {
        if (end == null) {
            throw new IllegalStateException("no terminal was opened");
        }
        return end;
    }

    /** A msghdr that carries one descriptor (SCM_RIGHTS, unix(7)). */
    private static Blob descriptorMessage(int fd) {
        Blob payload = Blob.of(new byte[] {0}, "one byte");
        Blob iov = Blob.room(16, "iovec").pointer(0, payload).u64(8, 1);
        Blob control = Blob.room(24, "SCM_RIGHTS").u64(0, 20).u32(8, 1).u32(12, 1).u32(16, fd);
        return Blob.room(56, "{SCM_RIGHTS, [terminal]}")
                .pointer(16, iov)
                .u64(24, 1)
                .pointer(32, control)
                .u64(40, 24);
    }

    /** Nothing that the engine has open stays but the streams and the pipe, which ends at exec. */
    void closeDescriptors() {
        // before any path of the container is followed: nothing of the host stays reachable
        // (CVE-2024-21626)
        plan.call(
                "no descriptor of the host stays",
                Sys.CLOSE_RANGE,
                Stage.ALIVE + 1,
                0xFFFFFFFFL,
                0);
        plan.call("nor the plan's", Sys.CLOSE, Stage.PLAN);
        plan.call("the engine's pipe ends at exec", Sys.FCNTL, Stage.ALIVE, F_SETFD, FD_CLOEXEC);
    }

    void rlimits() {
        for (Rlimit limit : process.rlimits()) {
            Blob value =
                    Blob.room(
                                    16,
                                    "{"
                                            + Rlimits.text(limit.soft())
                                            + ", "
                                            + Rlimits.text(limit.hard())
                                            + "}")
                            .u64(0, limit.soft())
                            .u64(8, limit.hard());
            plan.call(
                    "limit " + limit.type(),
                    Sys.PRLIMIT64,
                    0,
                    Rlimits.number(limit.type()),
                    value,
                    0);
        }
    }

    Step changeDirectory() {
        return plan.call("the working directory " + process.cwd(), Sys.CHDIR, process.cwd());
    }

    /** Without no_new_privs it takes CAP_SYS_ADMIN, which is gone after {@link #becomeUser}. */
    void earlyFilter() {
        if (!process.noNewPrivileges()) {
            filter();
        }
    }

    /** As close to execve as can be: the filter need allow nothing of what comes before it. */
    void lateFilter() {
        if (process.noNewPrivileges()) {
            filter();
        }
    }

    private void filter() {
        seccomp.ifPresent(filter -> SeccompSteps.install(plan, filter));
    }

    /** The user, the groups and the capabilities. */
    void becomeUser() {
        plan.call("nobody inside may trace the last steps", Sys.PRCTL, PR_SET_DUMPABLE, 0);
        Capabilities capabilities = process.capabilities();
        if (capabilities != null) {
            CapabilitySteps.bounding(plan, capabilities);
            CapabilitySteps.keep(plan);
        }
        User user = process.user();
        List<Long> groups = user.additionalGids();
        Blob list = Blob.room(Math.max(4, 4 * groups.size()), groups.toString());
        for (int i = 0; i < groups.size(); i++) {
            list.u32(4 * i, groups.get(i));
        }
        Step setgroups = plan.call("the groups, or none", Sys.SETGROUPS, groups.size(), list);
        if (someUser && groups.isEmpty()) {
            setgroups.accept(Errno.EPERM); // denied where one id is mapped without a helper
        }
        plan.call("the group", Sys.SETRESGID, user.gid(), user.gid(), user.gid());
        plan.call("the user", Sys.SETRESUID, user.uid(), user.uid(), user.uid());
        if (capabilities != null) {
            CapabilitySteps.sets(plan, capabilities, available);
        }
        plan.call(
                "new files are not for everybody",
                Sys.UMASK,
                user.umask() == null ? 022 : user.umask());
        if (process.noNewPrivileges()) {
            plan.call("no program may gain privileges", Sys.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        }
    }

    /** The tries to execute the process, one for each entry of PATH. */
    void execute() {
        String name = process.args().getFirst();
        Blob argv = Blob.strings(process.args(), process.args().toString());
        Blob envp = Blob.strings(process.env(), process.env().size() + " variables");
        List<String> paths = Executable.candidates(name, process.env());
        for (int i = 0; i < paths.size(); i++) {
            Step exec = plan.call("the container's process", Sys.EXECVE, paths.get(i), argv, envp);
            execs.add(i == paths.size() - 1 ? exec : exec.ignore());
        }
    }
}
