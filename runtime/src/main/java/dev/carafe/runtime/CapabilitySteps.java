package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Capabilities;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The five capability sets of a process, as steps. The order is the kernel's: {@link #bounding} and
 * {@link #keep} while the process is still privileged, then setgroups, setresgid and setresuid,
 * then {@link #sets}.
 */
public final class CapabilitySteps {
    private static final int PR_SET_KEEPCAPS = 8;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    private static final int MAX = 63;

    /** CAP_AUDIT_READ, of Linux 3.16: a kernel may lack any that come after it. */
    private static final int LAST_EVERYWHERE = 37;

    private CapabilitySteps() {}

    /**
     * Drops what is not in the bounding set; it needs CAP_SETPCAP, so it comes before the user
     * changes. It goes on to number 63, so that a capability of a newer kernel is dropped too.
     */
    public static void bounding(Plan plan, Capabilities capabilities) {
        long keep = dev.carafe.linux.Capabilities.mask(capabilities.bounding());
        Label passed = plan.label();
        for (int i = 0; i <= MAX; i++) {
            if ((keep >>> i & 1) == 0) {
                var step =
                        plan.call(
                                "bound: no " + dev.carafe.linux.Capabilities.name(i),
                                Sys.PRCTL,
                                PR_CAPBSET_DROP,
                                i);
                if (i > LAST_EVERYWHERE) {
                    step.onErrno(Errno.EINVAL, passed);
                }
            }
        }
        plan.place(passed);
    }

    /** Lets the permitted set outlive the change from root to another user, until {@link #sets}. */
    public static void keep(Plan plan) {
        plan.call("keep capabilities while the user changes", Sys.PRCTL, PR_SET_KEEPCAPS, 1);
    }

    /**
     * Sets effective, permitted and inheritable, then ambient. Nothing after it may need a
     * capability that the container does not have.
     *
     * @param available what the process can have at all: {@link
     *     dev.carafe.linux.Capabilities#permitted}, or {@link dev.carafe.linux.Capabilities#FULL}
     *     in a new user namespace. Others are left out, see {@link #withheld}
     */
    public static void sets(Plan plan, Capabilities capabilities, long available) {
        long effective = dev.carafe.linux.Capabilities.mask(capabilities.effective()) & available;
        long permitted = dev.carafe.linux.Capabilities.mask(capabilities.permitted()) & available;
        long inheritable =
                dev.carafe.linux.Capabilities.mask(capabilities.inheritable()) & available;
        long ambient = dev.carafe.linux.Capabilities.mask(capabilities.ambient()) & available;
        Blob header =
                Blob.room(8, "{version 3, this thread}")
                        .u32(0, dev.carafe.linux.Capabilities.VERSION_3);
        Blob data = Blob.room(24, text(effective, permitted, inheritable));
        for (int half = 0; half < 2; half++) {
            data.u32(12 * half, effective >>> 32 * half);
            data.u32(12 * half + 4, permitted >>> 32 * half);
            data.u32(12 * half + 8, inheritable >>> 32 * half);
        }
        plan.call("only the container's capabilities", Sys.CAPSET, header, data);
        plan.call("and no longer kept over a change of user", Sys.PRCTL, PR_SET_KEEPCAPS, 0);
        plan.call(
                "no ambient capabilities from outside",
                Sys.PRCTL,
                PR_CAP_AMBIENT,
                PR_CAP_AMBIENT_CLEAR_ALL,
                0,
                0,
                0);
        for (int i = 0; i <= dev.carafe.linux.Capabilities.last(); i++) {
            if ((ambient >>> i & 1) != 0) {
                plan.call(
                        "ambient " + dev.carafe.linux.Capabilities.name(i),
                        Sys.PRCTL,
                        PR_CAP_AMBIENT,
                        PR_CAP_AMBIENT_RAISE,
                        i,
                        0,
                        0);
            }
        }
    }

    /**
     * {@link #sets} for a process in a user namespace of its own, which starts with every
     * capability.
     */
    public static void sets(Plan plan, Capabilities capabilities) {
        sets(plan, capabilities, dev.carafe.linux.Capabilities.FULL);
    }

    /** Names that were asked for but are unknown or not available, to be warned about. */
    public static List<String> withheld(Capabilities capabilities, long available) {
        Set<String> asked = new LinkedHashSet<>(capabilities.permitted());
        asked.addAll(capabilities.effective());
        asked.addAll(capabilities.inheritable());
        asked.addAll(capabilities.ambient());
        asked.addAll(capabilities.bounding());
        List<String> withheld = new ArrayList<>();
        for (String name : asked) {
            int number = dev.carafe.linux.Capabilities.number(name);
            if (number < 0 || (available >>> number & 1) == 0) {
                withheld.add(name);
            }
        }
        return withheld;
    }

    private static String text(long effective, long permitted, long inheritable) {
        return "{effective 0x"
                + Long.toHexString(effective)
                + ", permitted 0x"
                + Long.toHexString(permitted)
                + ", inheritable 0x"
                + Long.toHexString(inheritable)
                + "}";
    }
}
