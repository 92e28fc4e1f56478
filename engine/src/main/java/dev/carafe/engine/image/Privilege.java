package dev.carafe.engine.image;

import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What this process may do to files.
 *
 * @param root whether it may do all that root may: root, in the first user namespace
 * @param owners whether it may give files away: root, in a user namespace with more than one id
 * @param umask the bits that the kernel takes from the mode of a new file
 */
record Privilege(boolean root, boolean owners, long uid, long gid, int umask) {
    static Privilege ofThisProcess() throws IOException {
        long uid = Native.syscall(Sys.GETEUID);
        long gid = Native.syscall(Sys.GETGID);
        boolean root = uid == 0 && IdMap.ofThisProcess().isWhole();
        boolean owners = uid == 0 && !IdMap.ofThisProcess().isSingle();
        return new Privilege(root, owners, uid, gid, readUmask());
    }

    /** Read, not set and set back: it belongs to all threads. */
    private static int readUmask() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
        for (String line : lines) {
            if (line.startsWith("Umask:")) {
                return Integer.parseInt(line.substring(6).strip(), 8);
            }
        }
        return 0777;
    }
}
