package dev.carafe.engine.vm;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;

/**
 * What the plans that run in a guest and the host agree on: ports, descriptors, frames, addresses;
 * and the loops that these plans share.
 *
 * <p>A port of a process carries frames in both directions: a header of two 64-bit numbers in
 * little-endian order, the length of what follows and its kind, then that many bytes.
 */
final class Guest {
    /** Where PID 1 puts a plan that it received, and the most that it takes. */
    static final long COMMAND = 0x10_2000_0000L;

    static final int COMMAND_SIZE = 4 << 20;

    /** Ports of the one virtio-serial device, by number. */
    static final int CONTROL_PORT = 1;

    static final int STATUS_PORT = 2;
    static final int FIRST_PROCESS_PORT = 3;

    /** Descriptors that PID 1 leaves to the plans that it runs. */
    static final int CONTROL = 10;

    static final int STATUS = 11;
    static final int PORT = 12;

    static final int HEADER = 16;

    /** The most that one write to a port takes (drivers/char/virtio_console.c), less a header. */
    static final int CHUNK = (32 << 10) - HEADER;

    // frames from the guest
    static final int OUT = 1;
    static final int ERR = 2;
    static final int STARTED = 3;
    static final int EXITED = 4;
    static final int COPIERS = 5;
    // frames to the guest; a frame of no length is the end of the input
    static final int RESIZE = 1;
    static final int INPUT = 2;

    /** The first word on the control port, from a guest that takes plans. */
    static final long READY = 0x79646165722D6372L; // "rc-ready"

    static final int O_RDWR_CLOEXEC = 0x80002;
    static final int SIGCHLD = 17;
    static final int CLONE_VM = 0x100;
    static final int CLONE_VFORK = 0x4000;
    static final int CLONE_FS = 0x200;
    static final int CLONE_FILES = 0x400;

    private Guest() {}

    static String device(int port) {
        return "/dev/vport0p" + port;
    }

    /** Opens a port at a fixed descriptor, as soon as the driver has made its node. */
    static void openPort(Plan plan, String why, int port, int descriptor) {
        Label again = plan.label();
        Label there = plan.label();
        Blob pause = Blob.room(16, "{1 ms}").u64(8, 1_000_000);
        plan.place(again);
        Step open =
                plan.call(why, Sys.OPENAT, Fd.AT_FDCWD, device(port), O_RDWR_CLOEXEC, 0)
                        .ignore()
                        .onSuccess(there);
        // ENOENT, or ENXIO between its node and its place in the driver's list
        plan.call("it is not there yet", Sys.NANOSLEEP, pause, 0).ignore();
        plan.go("try again", again);
        plan.place(there);
        plan.call("at a number that plans know", Sys.DUP3, open, descriptor, 0x80000);
        plan.call("done with the first", Sys.CLOSE, open);
    }

    /**
     * Reads exactly so many bytes, in as many reads as it takes. A port reads as ended for a moment
     * while one client of the host's gives way to the next, whose bytes may be there before: the
     * end is believed when it is seen twice.
     *
     * @param to a Blob or an address
     * @param length a number or a Blob.Value, more than 0
     * @param ended where to go when the other side is gone
     */
    static void readExactly(
            Plan plan, String why, Object fd, Object to, Object length, Label ended) {
        Blob cursor = Blob.room(16, "cursor");
        Blob pause = Blob.room(16, "{20 ms}").u64(8, 20_000_000);
        Label again = plan.label();
        Label none = plan.label();
        Label done = plan.label();
        plan.sum(why + ": where to", to, 0, 0, cursor);
        plan.sum(why + ": how much", length, 0, 0, cursor.from(8));
        plan.place(again);
        Step read =
                plan.call(why, Sys.READ, fd, cursor.at(0), cursor.at(8)).zeroFails().onError(none);
        advance(plan, cursor, read, done);
        plan.go("the rest", again);
        plan.place(none);
        plan.call("is it the end?", Sys.NANOSLEEP, pause, 0).ignore();
        Step second =
                plan.call(why, Sys.READ, fd, cursor.at(0), cursor.at(8)).zeroFails().onError(ended);
        advance(plan, cursor, second, done);
        plan.go("the rest", again);
        plan.place(done);
    }

    private static void advance(Plan plan, Blob cursor, Step read, Label done) {
        plan.sum("further on", cursor.at(0), read, 0, cursor);
        plan.sum("less to go", cursor.at(8), 0, read, cursor.from(8))
                .zeroFails()
                .onErrno(Errno.ECANCELED, done);
    }

    /** Appends a clone; the child continues at the label. */
    static Step clone(Plan plan, String why, long flags, String text, Label child) {
        Blob args =
                Blob.room(88, "{" + text + ", exit_signal=SIGCHLD}").u64(0, flags).u64(32, SIGCHLD);
        return plan.call(why, Sys.CLONE3, args, 88).child(child);
    }
}
