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
 * @param root whether it may give files away and make devices: root, in the first user namespace
 * @param umask the bits that the kernel takes from the mode of a new file
 */
record Privilege(boolean root, long uid, long gid, int umask) {
    static Privilege ofThisProcess() throws IOException {
        long uid = Native.syscall(Sys.GETEUID);
        long gid = Native.syscall(Sys.GETGID);
        return new Privilege(uid == 0 && wholeIdMap(), uid, gid, readUmask());
    }

    private static boolean wholeIdMap() throws IOException {
        return Files.readString(Path.of("/proc/self/uid_map")).strip().endsWith(" 4294967295");
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
