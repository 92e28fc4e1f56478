package dev.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of a virtual machine's programs, as proportional set sizes in KiB (proc_pid_smaps(5)).
 *
 * @param guest what backs the guest's memory
 * @param overhead all else
 */
record VmMemory(long guest, long overhead) {
    /**
     * Reads a program's.
     *
     * @param mebibytes the guest's memory, which is one mapping of just that size
     */
    static VmMemory of(long pid, int mebibytes) throws IOException {
        long guest = 0;
        long overhead = 0;
        boolean writable = false;
        boolean ram = false;
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
            String[] words = line.split(" +");
            if (words[0].indexOf('-') > 0) {
                writable = words[1].startsWith("rw-");
            } else if (words[0].equals("Size:")) {
                ram = writable && Long.parseLong(words[1]) == mebibytes * 1024L;
            } else if (words[0].equals("Pss:")) {
                if (ram) {
                    guest += Long.parseLong(words[1]);
                } else {
                    overhead += Long.parseLong(words[1]);
                }
            }
        }
        return new VmMemory(guest, overhead);
    }

    VmMemory plus(VmMemory other) {
        return new VmMemory(guest + other.guest, overhead + other.overhead);
    }
}
