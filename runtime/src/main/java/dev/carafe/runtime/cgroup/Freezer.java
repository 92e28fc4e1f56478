package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import java.io.IOException;
import java.util.List;

/** Stops the processes of a group and waits until they have stopped. */
final class Freezer {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private Freezer() {}

    static void unified(String dir, boolean freeze) throws IOException {
        String word = freeze ? "freeze" : "thaw";
        CgroupFs.Kernel.INSTANCE.write(word, dir + "/cgroup.freeze", freeze ? "1" : "0");
        long start = System.nanoTime();
        while (Reading.field(CgroupFs.kernel().read(dir + "/cgroup.events"), "frozen")
                != (freeze ? 1 : 0)) {
            pause(start, word + " " + dir);
        }
    }

    /**
     * Freezes first and moves the processes in after: so a process that forks all the time is
     * caught too.
     */
    static void classic(String dir, List<String> others) throws IOException {
        String state = dir + "/freezer.state";
        CgroupFs.Kernel.INSTANCE.write("freeze", state, "FROZEN");
        Processes.move(others, dir);
        long start = System.nanoTime();
        while (!CgroupFs.kernel().read(state).startsWith("FROZEN")) {
            pause(start, "freeze " + dir);
            CgroupFs.Kernel.INSTANCE.write("freeze", state, "FROZEN");
        }
    }

    private static void pause(long start, String what) throws IOException {
        if (System.nanoTime() - start > PATIENCE_NANOS) {
            throw new ErrnoException(what, Errno.EBUSY);
        }
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + what, e);
        }
    }
}
