package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The processes of a group, as its cgroup.procs files tell. */
final class Processes {
    private static final int SIGKILL = 9;
    private static final int ROUNDS = 1000;

    private Processes() {}

    /** Those in any of the directories or below them. */
    static List<Integer> in(Collection<String> dirs) throws IOException {
        Set<Integer> pids = new LinkedHashSet<>();
        for (String dir : new LinkedHashSet<>(dirs)) {
            collect(dir, pids);
        }
        return List.copyOf(pids);
    }

    private static void collect(String dir, Set<Integer> pids) throws IOException {
        String text;
        try {
            text = CgroupFs.kernel().read(dir + "/cgroup.procs");
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENODEV) {
                return; // removed meanwhile
            }
            throw e;
        }
        for (String pid : CgroupHost.words(text)) {
            pids.add(Integer.valueOf(pid));
        }
        for (String child : CgroupFs.Kernel.INSTANCE.children(dir)) {
            collect(child, pids);
        }
    }

    /** Sends SIGKILL until no new process turns up. */
    static void kill(Collection<String> dirs) throws IOException {
        Set<Integer> killed = new LinkedHashSet<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Integer> pids = in(dirs);
            if (killed.containsAll(pids)) {
                return;
            }
            killed.addAll(pids);
            for (int pid : pids) {
                kill(pid, dirs);
            }
        }
    }

    /** A number may have been given to a stranger before the pidfd is open, but not after. */
    private static void kill(int pid, Collection<String> dirs) throws IOException {
        long fd = Native.syscall(Sys.PIDFD_OPEN, pid, 0);
        if (Native.isError(fd)) {
            return; // it has ended
        }
        try (Fd pidfd = new Fd((int) fd)) {
            if (in(dirs).contains(pid)) {
                Native.syscall(Sys.PIDFD_SEND_SIGNAL, pidfd.number(), SIGKILL, 0, 0);
            }
        }
    }

    /** Moves all processes to another directory, again until none has been forked meanwhile. */
    static void move(Collection<String> from, String to) throws IOException {
        Set<Integer> moved = new LinkedHashSet<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Integer> pids = in(from);
            if (moved.containsAll(pids)) {
                return;
            }
            for (int pid : pids) {
                if (moved.add(pid)) {
                    try {
                        CgroupFs.Kernel.INSTANCE.write(
                                "move a process", to + "/cgroup.procs", Integer.toString(pid));
                    } catch (ErrnoException e) {
                        if (e.errno() != Errno.ESRCH) {
                            throw e;
                        }
                    }
                }
            }
        }
    }
}
