package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Device;

/** Steps that fill a container's own /dev (config-linux.md, default devices). */
final class Devices {
    private static final int S_IFCHR = 0x2000;
    private static final int S_IFBLK = 0x6000;
    private static final int S_IFIFO = 0x1000;

    private final Plan plan;
    private final Inside inside;
    private final MountSteps mounts;
    private final boolean makeNodes;

    Devices(Plan plan, Inside inside, MountSteps mounts, boolean makeNodes) {
        this.plan = plan;
        this.inside = inside;
        this.mounts = mounts;
        this.makeNodes = makeNodes;
    }

    void defaults(Step dev) {
        String[] names = {"null", "zero", "full", "random", "urandom", "tty"};
        int[] numbers = {0x103, 0x105, 0x107, 0x108, 0x109, 0x500};
        for (int i = 0; i < names.length; i++) {
            if (makeNodes) {
                plan.call(
                                "device " + names[i],
                                Sys.MKNODAT,
                                dev,
                                names[i],
                                S_IFCHR | 0666,
                                numbers[i])
                        .accept(Errno.EEXIST);
            } else {
                mounts.bindDevice(Inside.here(), "/dev/" + names[i], "/dev/" + names[i]);
            }
        }
    }

    void add(Device device) {
        if (!makeNodes) {
            mounts.bindDevice(Inside.here(), device.path(), device.path());
            return;
        }
        int type =
                switch (device.type()) {
                    case "b" -> S_IFBLK;
                    case "p" -> S_IFIFO;
                    default -> S_IFCHR;
                };
        int mode = device.fileMode() == null ? 0666 : device.fileMode();
        int slash = device.path().lastIndexOf('/');
        String parent = slash <= 0 ? "/" : device.path().substring(0, slash);
        String name = device.path().substring(slash + 1);
        inside.make(parent, true);
        Step directory =
                inside.open(
                        "where " + device.path() + " goes",
                        parent,
                        Inside.O_PATH | Inside.O_DIRECTORY);
        String why = "device " + device.path();
        plan.call(why, Sys.MKNODAT, directory, name, type | mode, number(device))
                .accept(Errno.EEXIST);
        if (device.uid() != null || device.gid() != null) {
            long uid = device.uid() == null ? 0 : device.uid();
            long gid = device.gid() == null ? 0 : device.gid();
            plan.call(why, Sys.FCHOWNAT, directory, name, uid, gid, 0x100);
        }
    }

    void links(Step dev) {
        String[][] links = {
            {"/proc/self/fd", "fd"},
            {"/proc/self/fd/0", "stdin"},
            {"/proc/self/fd/1", "stdout"},
            {"/proc/self/fd/2", "stderr"},
            {"pts/ptmx", "ptmx"}
        };
        for (String[] link : links) {
            plan.call("the usual link " + link[1], Sys.SYMLINKAT, link[0], dev, link[1])
                    .accept(Errno.EEXIST);
        }
    }

    /** The kernel's encoding of a device number (new_encode_dev). */
    private static long number(Device device) {
        long major = device.major() == null ? 0 : device.major();
        long minor = device.minor() == null ? 0 : device.minor();
        return minor & 0xFF | major << 8 | (minor & ~0xFFL) << 12;
    }
}
