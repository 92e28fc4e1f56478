package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Native;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A process as it can be written down: another one with the same number is not taken for it.
 *
 * @param pid its number, in the PID namespace of the engine that wrote it; 0 for none
 * @param started when it started, in clock ticks since boot (field 22 of proc_pid_stat(5)); -1 when
 *     it had ended before that could be read
 */
public record ProcessId(int pid, long started) {
    /** A process that runs now. */
    static ProcessId of(int pid) {
        return new ProcessId(pid, startTime(pid));
    }

    static ProcessId ofThisProcess() {
        return of((int) Native.syscall(Sys.GETPID));
    }

    /** Whether it is there, and no zombie. */
    public boolean isAlive() {
        return pid > 0 && started >= 0 && startTime(pid) == started;
    }

    /**
     * Holds it; empty when it has ended. Whoever asks closes it, and can't wait for its status
     * unless it is a child of this JVM.
     */
    Optional<Pidfd> hold() throws ErrnoException {
        if (!isAlive()) {
            return Optional.empty();
        }
        Pidfd process;
        try {
            process = Pidfd.open(pid);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
        if (isAlive()) { // now that its number can't go to another
            return Optional.of(process);
        }
        process.close();
        return Optional.empty();
    }

    /**
     * Of one that has ended, and whose parent did not ask yet, the exit code or 128 plus the
     * signal's number; empty otherwise.
     */
    OptionalInt zombieStatus() {
        String[] fields = stat(pid);
        return fields.length > 49
                        && fields[0].equals("Z")
                        && fields[19].equals(String.valueOf(started))
                ? OptionalInt.of(Pidfd.exitCode(Integer.parseInt(fields[49])))
                : OptionalInt.empty();
    }

    private static long startTime(int pid) {
        String[] fields = stat(pid);
        return fields.length < 20 || fields[0].equals("Z") ? -1 : Long.parseLong(fields[19]);
    }

    /** The fields of /proc/PID/stat from the third on; none when there is no such process. */
    private static String[] stat(int pid) {
        try {
            String stat =
                    Files.readString(
                            Path.of("/proc", String.valueOf(pid), "stat"),
                            StandardCharsets.ISO_8859_1);
            // the name in parentheses may itself hold spaces and parentheses
            return stat.substring(stat.lastIndexOf(')') + 2).stripTrailing().split(" ", -1);
        } catch (IOException e) {
            return new String[0];
        }
    }
}
