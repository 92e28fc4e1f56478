package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The steps of plans by which groups are made and limited. */
final class Steps {
    private static final int O_WRONLY_CLOEXEC = 0x80001;
    private static final int O_DIRECTORY_CLOEXEC = 0x90000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int BPF_PROG_LOAD = 5;
    private static final int BPF_PROG_ATTACH = 8;
    private static final int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    private static final int BPF_CGROUP_DEVICE = 6;
    private static final int BPF_F_ALLOW_MULTI = 2;

    private Steps() {}

    static void mkdir(Plan plan, String dir) {
        plan.call("make the cgroup", Sys.MKDIRAT, Fd.AT_FDCWD, dir, 0755).accept(Errno.EEXIST);
    }

    /** Lets the children of a v2 group have controllers. */
    static void enable(Plan plan, String dir, List<String> controllers) {
        plan.writeFile(
                "let groups below have controllers (EBUSY: " + dir + " holds processes)",
                dir + "/cgroup.subtree_control",
                "+" + String.join(" +", controllers));
    }

    /** Moves the processes of a delegated v2 group, this JVM among them, to a leaf of it. */
    static void evacuate(Plan plan, Hierarchy tree, String procs) {
        List<String> pids = CgroupHost.words(procs);
        if (pids.isEmpty()) {
            return;
        }
        String leaf = tree.base() + "/" + CgroupHost.LEAF;
        mkdir(plan, leaf);
        Step file =
                open(
                        plan,
                        "a leaf for the processes of a group that gets children",
                        leaf + "/cgroup.procs");
        for (String pid : pids) {
            writeOpen(plan, "a group with children holds no process", file, pid)
                    .accept(Errno.ESRCH);
        }
        plan.call("done with " + leaf, Sys.CLOSE, file);
    }

    /** A cpuset of v1 starts empty and takes no process until it has processors and memory. */
    static void inheritCpuset(Plan plan, CgroupFs fs, Hierarchy tree, String dir)
            throws IOException {
        for (String file : List.of("/cpuset.cpus", "/cpuset.mems")) {
            if (isEmpty(fs, dir + file)) {
                String value = fs.read(tree.base() + file).strip();
                plan.writeFile("a new cpuset is empty", dir + file, value);
            }
        }
    }

    private static boolean isEmpty(CgroupFs fs, String file) throws IOException {
        return !fs.exists(file) || fs.read(file).isBlank();
    }

    static void write(Plan plan, String dir, Limit limit) {
        Limit.Fallback fallback = limit.fallback();
        if (fallback == null) {
            plan.writeFile(limit.why(), dir + "/" + limit.file(), limit.value());
            return;
        }
        Label absent = plan.label();
        Label done = plan.label();
        Step file = open(plan, limit.why(), dir + "/" + limit.file()).onErrno(Errno.ENOENT, absent);
        writeOpen(plan, limit.why(), file, limit.value());
        Step close = plan.call("done with " + limit.file(), Sys.CLOSE, file);
        if (fallback.file() != null) {
            close.onSuccess(done);
        }
        plan.place(absent);
        if (fallback.file() != null) {
            plan.writeFile(limit.why(), dir + "/" + fallback.file(), fallback.value());
        }
        plan.place(done);
    }

    private static Step open(Plan plan, String why, String path) {
        return plan.call(why, Sys.OPENAT, Fd.AT_FDCWD, path, O_WRONLY_CLOEXEC);
    }

    private static Step writeOpen(Plan plan, String why, Step file, String text) {
        return plan.call(why, Sys.WRITE, file, text, text.getBytes(StandardCharsets.UTF_8).length);
    }

    static void classicDevices(Plan plan, Devices.Classic devices, String dir) {
        String all = devices.allow() ? "/devices.allow" : "/devices.deny";
        String but = devices.allow() ? "/devices.deny" : "/devices.allow";
        plan.writeFile(devices.allow() ? "all devices but" : "no device but", dir + all, "a");
        if (devices.exceptions().isEmpty()) {
            return;
        }
        Step file = open(plan, "the devices of every container and of this one", dir + but);
        for (String line : devices.exceptions()) {
            writeOpen(plan, "a device rule", file, line);
        }
        plan.call("done with " + dir + but, Sys.CLOSE, file);
    }

    /**
     * Loads and attaches a device program (bpf(2)). The attributes of the attaching call hold
     * descriptors that are not known yet: a pipe is made, whose two numbers the kernel writes where
     * they are wanted, and the group and the program are put in its place.
     */
    static void attach(Plan plan, byte[] program, String dir) {
        Blob code = Blob.of(program, program.length / DeviceProgram.INSTRUCTION + " instructions");
        Blob load =
                Blob.room(128, "{BPF_PROG_TYPE_CGROUP_DEVICE}")
                        .u32(0, BPF_PROG_TYPE_CGROUP_DEVICE)
                        .u32(4, program.length / DeviceProgram.INSTRUCTION)
                        .pointer(8, code)
                        .pointer(16, "Apache-2.0");
        Blob attach =
                Blob.room(128, "{target_fd, attach_bpf_fd, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI}")
                        .u32(8, BPF_CGROUP_DEVICE)
                        .u32(12, BPF_F_ALLOW_MULTI);
        String why = "device rules of cgroup v2 (needs CAP_BPF and CONFIG_CGROUP_BPF)";
        Step loaded = plan.call(why, Sys.BPF, BPF_PROG_LOAD, load, 128);
        Step group =
                plan.call(
                        "the group that they are for",
                        Sys.OPENAT,
                        Fd.AT_FDCWD,
                        dir,
                        O_DIRECTORY_CLOEXEC);
        plan.call("two numbers where bpf looks for them", Sys.PIPE2, attach, O_CLOEXEC);
        plan.call("the group at the first", Sys.DUP3, group, attach.at(0), O_CLOEXEC);
        plan.call("the rules at the second", Sys.DUP3, loaded, attach.at(4), O_CLOEXEC);
        plan.call(why, Sys.BPF, BPF_PROG_ATTACH, attach, 128);
        plan.call("the group keeps its rules", Sys.CLOSE, attach.at(4));
        plan.call("done with the group", Sys.CLOSE, attach.at(0));
        plan.call("done with the rules", Sys.CLOSE, loaded);
        plan.call("done with the group", Sys.CLOSE, group);
    }
}
