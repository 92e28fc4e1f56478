package dev.carafe.engine.vm;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Elf;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.util.List;

/**
 * PID 1 of a guest, which reaps, and its child, which brings the kernel to where containers can
 * start and then runs, each in a child of its own, the plans that come over the control port.
 */
final class InitPlan {
    /** Where the guest's own file systems are, seen from plans that PID 1 runs. */
    static final String LOWER = "/lower";

    static final String UPPER = "/upper";
    static final String SHARE = "/share";
    static final String MOUNT_POINT = "/mnt";
    static final String FILES = "/files";
    static final String GROUPS = "/groups";

    /** Comes before the failing step's address and errno on the console. */
    static final String FAILED = "carafe: the guest failed: ";

    private static final int MS_RDONLY = 1;
    private static final int MS_MOVE = 0x2000;
    private static final int SIG_BLOCK = 0;
    private static final int SIGIO = 29;
    private static final int F_SETFL = 4;
    private static final int F_SETOWN = 8;
    private static final int O_RDWR_ASYNC = 0x2002;
    private static final int MAP_PRIVATE_ANONYMOUS_FIXED = 0x32;
    private static final int PROT_READ_WRITE = 3;

    /** The slot of the context in which the child of PID 1 leaves its failing step. */
    private static final int SERVER_SLOT = 32;

    private final Boot boot;
    private final Plan plan = new Plan();

    /**
     * What a guest has.
     *
     * @param modules in the order in which they are to be loaded
     * @param image whether its first disk is the image's file system
     * @param share whether it has a shared file system of the host's, with this tag
     * @param upperDisk whether its next disk is an ext4 file system for what is written; a tmpfs
     *     otherwise
     */
    record Boot(List<Module> modules, boolean image, boolean share, boolean upperDisk) {
        Boot {
            modules = List.copyOf(modules);
        }
    }

    /**
     * A kernel module.
     *
     * @param path in the initramfs
     * @param compressed whether the kernel has to decompress it
     * @param optional whether it may fail to load
     */
    record Module(String path, boolean compressed, boolean optional) {}

    /** The tag of the shared file system. */
    static final String TAG = "share";

    private InitPlan(Boot boot) {
        this.boot = boot;
    }

    static Plan of(Boot boot) {
        InitPlan init = new InitPlan(boot);
        init.write();
        return init.plan;
    }

    private void write() {
        Label server = plan.label();
        Label again = plan.label();
        Label ended = plan.label();
        Blob status = Blob.room(8, "status");
        Step child =
                Guest.clone(
                        plan,
                        "who does the work, in a child whose failure can be told",
                        Guest.CLONE_VM | Guest.CLONE_FS | Guest.CLONE_FILES,
                        "flags=CLONE_VM|CLONE_FS|CLONE_FILES",
                        server);
        plan.place(again);
        Step reaped = plan.call("reap what others have left", Sys.WAIT4, -1, status, 0, 0);
        plan.sum("was it the child?", reaped, 0, child, 0)
                .zeroFails()
                .onErrno(Errno.ECANCELED, ended);
        plan.go("the next", again);
        plan.place(ended);
        plan.call("tell it", Sys.WRITE, 1, FAILED, FAILED.length());
        plan.call("which step, and why", Sys.WRITE, 1, Elf.PLAN + SERVER_SLOT, 16);
        plan.call("power off", Sys.REBOOT, 0xFEE1DEADL, 672274793, 0x4321FEDC, 0);
        plan.place(server);
        mounts();
        serve();
    }

    private void mounts() {
        plan.call("device nodes", Sys.MOUNT, "devtmpfs", "/dev", "devtmpfs", 0, 0);
        for (Module module : boot.modules) {
            int flags = module.compressed() ? KernelModule.MODULE_INIT_COMPRESSED_FILE : 0;
            Step file = plan.call("a module", Sys.OPENAT, Fd.AT_FDCWD, module.path(), 0x80000, 0);
            Step load = plan.call("load it", Sys.FINIT_MODULE, file, "", flags);
            if (module.optional()) {
                load.ignore();
            } else {
                load.accept(Errno.EEXIST);
            }
            plan.call("done with it", Sys.CLOSE, file);
        }
        // the initramfs itself can't be pivoted away from
        plan.call("a root that containers can leave", Sys.MOUNT, "root", "/root", "tmpfs", 0, 0);
        for (String name :
                List.of(
                        "dev", "proc", "sys", "lower", "upper", "share", "mnt", "files",
                        "groups")) {
            plan.call("a place", Sys.MKDIRAT, Fd.AT_FDCWD, "/root/" + name, 0755);
        }
        plan.call("its devices", Sys.MOUNT, "/dev", "/root/dev", 0, MS_MOVE, 0);
        plan.call("its processes", Sys.MOUNT, "proc", "/root/proc", "proc", 0, 0);
        plan.call("go there", Sys.CHDIR, "/root");
        plan.call("over the old root", Sys.MOUNT, ".", "/", 0, MS_MOVE, 0);
        plan.call("as the root", Sys.CHROOT, ".");
        plan.call("at the root", Sys.CHDIR, "/");
        char disk = 'a';
        if (boot.image) {
            String device = "/dev/vd" + disk++;
            plan.call("the image", Sys.MOUNT, device, LOWER, "erofs", MS_RDONLY, 0);
        }
        if (boot.share) {
            plan.call("what the host shares", Sys.MOUNT, TAG, SHARE, "virtiofs", 0, 0);
        }
        if (boot.upperDisk) {
            plan.call("what is written", Sys.MOUNT, "/dev/vd" + disk, UPPER, "ext4", 0, 0);
        } else {
            plan.call("what is written", Sys.MOUNT, "upper", UPPER, "tmpfs", 0, 0);
        }
        plan.call("the writable layer", Sys.MKDIRAT, Fd.AT_FDCWD, UPPER + "/up", 0755)
                .accept(Errno.EEXIST);
        plan.call("the overlay's own", Sys.MKDIRAT, Fd.AT_FDCWD, UPPER + "/work", 0755)
                .accept(Errno.EEXIST);
    }

    private void serve() {
        Blob ignore = Blob.room(32, "SIG_IGN").u64(0, 1);
        plan.call("children reap themselves", Sys.RT_SIGACTION, Guest.SIGCHLD, ignore, 0, 8);
        Blob io = Blob.room(8, "{SIGIO}").u64(0, 1L << (SIGIO - 1));
        plan.call("a signal to wait for", Sys.RT_SIGPROCMASK, SIG_BLOCK, io, 0, 8);
        Guest.openPort(plan, "where ends are recorded", Guest.STATUS_PORT, Guest.STATUS);
        Guest.openPort(plan, "where plans come from", Guest.CONTROL_PORT, Guest.CONTROL);
        Step self = plan.call("this process", Sys.GETPID);
        plan.call("it signals this process", Sys.FCNTL, Guest.CONTROL, F_SETOWN, self);
        plan.call("when the host comes", Sys.FCNTL, Guest.CONTROL, F_SETFL, O_RDWR_ASYNC);
        plan.call(
                "room for plans",
                Sys.MMAP,
                Guest.COMMAND,
                Guest.COMMAND_SIZE,
                PROT_READ_WRITE,
                MAP_PRIVATE_ANONYMOUS_FIXED,
                -1,
                0);
        Blob ready = Blob.room(16, "\"ready\"").u64(0, Guest.READY);
        plan.call("ready for plans", Sys.WRITE, Guest.CONTROL, ready, 16);

        Blob header = Blob.room(16, "{size, 0}");
        Blob second = Blob.room(16, "{1 s}").u64(0, 1);
        Label next = plan.label();
        Label alone = plan.label();
        Label child = plan.label();
        plan.place(next);
        Guest.readExactly(plan, "the size of a plan", Guest.CONTROL, header, 16, alone);
        Guest.readExactly(plan, "the plan", Guest.CONTROL, Guest.COMMAND, header.at(0), alone);
        Guest.clone(plan, "a child to run it", 0, "flags=0", child);
        plan.go("wait for the next", next);
        plan.place(alone);
        plan.call("until the host comes", Sys.RT_SIGTIMEDWAIT, io, 0, second, 8).ignore();
        plan.go("look again", next);
        plan.place(child);
        plan.call("run what was received", Sys.GETPID).onSuccess(Plan.elsewhere(Guest.COMMAND));
    }
}
