package dev.carafe.linux;

/** Words for flag arguments, by the constants of the kernel's headers. */
final class Flags {
    private Flags() {}

    /** The CLONE_* names of clone(2). */
    static String clone(long flags) {
        String[] names = {
            "VM",
            "FS",
            "FILES",
            "SIGHAND",
            "PIDFD",
            "PTRACE",
            "VFORK",
            "PARENT",
            "THREAD",
            "NEWNS",
            "SYSVSEM",
            "SETTLS",
            "PARENT_SETTID",
            "CHILD_CLEARTID",
            "DETACHED",
            "UNTRACED",
            "CHILD_SETTID",
            "NEWCGROUP",
            "NEWUTS",
            "NEWIPC",
            "NEWUSER",
            "NEWPID",
            "NEWNET",
            "IO",
            "CLEAR_SIGHAND",
            "INTO_CGROUP"
        };
        StringBuilder text = new StringBuilder((flags & 0x80) != 0 ? "CLONE_NEWTIME" : "");
        for (int i = 0; i < names.length; i++) {
            if ((flags >> i + 8 & 1) != 0) {
                text.append(text.isEmpty() ? "" : "|").append("CLONE_").append(names[i]);
            }
        }
        return text.isEmpty() ? "0" : text.toString();
    }
}
