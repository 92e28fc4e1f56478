package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import java.io.IOException;
import java.util.List;

/** Removes groups, deepest first. */
final class Removal {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private Removal() {}

    static void of(Cgroup cgroup, List<String> dirs) throws IOException {
        long start = System.nanoTime();
        long pause = 1;
        while (true) {
            String busy = "";
            int errno = 0;
            for (String dir : dirs) {
                int result = remove(dir);
                if (result != 0) {
                    busy = dir;
                    errno = result;
                }
            }
            if (errno == 0) {
                return;
            }
            if (errno != Errno.EBUSY || System.nanoTime() - start > PATIENCE_NANOS) {
                throw new ErrnoException("remove the cgroup " + busy, errno);
            }
            cgroup.kill();
            try {
                // the kernel lets a group go some time after its last process
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while removing the cgroup " + busy, e);
            }
            pause = Math.min(2 * pause, 50);
        }
    }

    /** Returns 0 when it is gone, or the errno. */
    private static int remove(String dir) {
        int errno = CgroupFs.Kernel.INSTANCE.rmdir(dir);
        if (errno == Errno.EBUSY || errno == Errno.ENOTEMPTY) {
            List<String> children = CgroupFs.Kernel.INSTANCE.children(dir);
            if (!children.isEmpty()) {
                for (String child : children) {
                    int result = remove(child);
                    if (result != 0) {
                        return result;
                    }
                }
                errno = CgroupFs.Kernel.INSTANCE.rmdir(dir);
            }
        }
        return errno == Errno.ENOENT ? 0 : errno;
    }
}
