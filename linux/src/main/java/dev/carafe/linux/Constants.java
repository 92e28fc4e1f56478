package dev.carafe.linux;

/**
 * The kernel's constants by the families that {@link Sys#signature} names, for showing numbers as
 * the manual pages write them. A family is either a set of bits or a list of single values.
 */
final class Constants {
    private Constants() {}

    /** The value as constants, or in numbers where it has no name. */
    static String text(String family, long value, Arch arch) {
        return switch (family) {
            case "octal" -> octal(value);
            case "mode" -> mode(value);
            case "dev" -> major(value) + ":" + minor(value);
            case "signal" -> Signal.name((int) value);
            case "open" -> open(value, arch);
            case "sock" -> socketType(value);
            case "ms" -> value == 0 ? "0" : bits(MS, value);
            case "o" -> bits(arch == Arch.X86_64 ? O_X86 : O_ARM, value);
            case "clone" -> clone(value);
            case "umount" -> bits("MNT_FORCE 1 MNT_DETACH 2 MNT_EXPIRE 4 UMOUNT_NOFOLLOW 8", value);
            case "at" -> bits(AT, value);
            case "close_range" -> bits("CLOSE_RANGE_UNSHARE 2 CLOSE_RANGE_CLOEXEC 4", value);
            case "prot" ->
                    value == 0 ? "PROT_NONE" : bits("PROT_READ 1 PROT_WRITE 2 PROT_EXEC 4", value);
            case "map" -> bits(MAP, value);
            case "open_tree" ->
                    bits(
                            "OPEN_TREE_CLONE 1 AT_RECURSIVE 8000 AT_EMPTY_PATH 1000 OPEN_TREE_CLOEXEC 80000",
                            value);
            case "move_mount" -> bits(MOVE_MOUNT, value);
            case "fsopen" -> bits("FSOPEN_CLOEXEC 1", value);
            case "mount_attr" -> bits(MOUNT_ATTR, value);
            case "memfd" ->
                    bits(
                            "MFD_CLOEXEC 1 MFD_ALLOW_SEALING 2 MFD_HUGETLB 4 MFD_NOEXEC_SEAL 8 MFD_EXEC 10",
                            value);
            case "seccomp_flags" -> bits(SECCOMP_FLAGS, value);
            case "rename" -> bits("RENAME_NOREPLACE 1 RENAME_EXCHANGE 2 RENAME_WHITEOUT 4", value);
            case "wait" ->
                    bits("WNOHANG 1 WUNTRACED 2 WEXITED 4 WCONTINUED 8 __WALL 40000000", value);
            case "efd" -> bits("EFD_SEMAPHORE 1 EFD_NONBLOCK 800 EFD_CLOEXEC 80000", value);
            case "fsconfig" -> single(FSCONFIG, value);
            case "fcntl" -> single(FCNTL, value);
            case "prctl" -> single(PRCTL, value);
            case "cap" -> single(CAP, value);
            case "ambient" ->
                    single(
                            "PR_CAP_AMBIENT_IS_SET 1 PR_CAP_AMBIENT_RAISE 2 PR_CAP_AMBIENT_LOWER 3 PR_CAP_AMBIENT_CLEAR_ALL 4",
                            value);
            case "securebits" -> value == 0 ? "0" : bits(SECUREBITS, value);
            case "seccomp" ->
                    single(
                            "SECCOMP_SET_MODE_STRICT 0 SECCOMP_SET_MODE_FILTER 1 SECCOMP_GET_ACTION_AVAIL 2 SECCOMP_GET_NOTIF_SIZES 3",
                            value);
            case "rlimit" -> single(RLIMIT, value);
            case "sigmask" -> single("SIG_BLOCK 0 SIG_UNBLOCK 1 SIG_SETMASK 2", value);
            case "ioctl" -> single(IOCTL, value & 0xffff_ffffL);
            case "keyctl" ->
                    single(
                            "KEYCTL_GET_KEYRING_ID 0 KEYCTL_JOIN_SESSION_KEYRING 1 KEYCTL_SETPERM 5",
                            value);
            case "af" ->
                    single(
                            "AF_UNIX 1 AF_INET 2 AF_INET6 a AF_NETLINK 10 AF_PACKET 11 AF_VSOCK 28",
                            value);
            case "bpf" ->
                    single(
                            "BPF_PROG_LOAD 5 BPF_PROG_ATTACH 8 BPF_PROG_DETACH 9 BPF_LINK_CREATE 1c",
                            value);
            case "idtype" -> single("P_ALL 0 P_PID 1 P_PGID 2 P_PIDFD 3", value);
            case "dirfd" -> value == Fd.AT_FDCWD ? "AT_FDCWD" : Long.toString(value);
            case "" -> number(value);
            default -> throw new IllegalArgumentException("no family of constants: " + family);
        };
    }

    private static final String MS =
            "MS_RDONLY 1 MS_NOSUID 2 MS_NODEV 4 MS_NOEXEC 8 MS_SYNCHRONOUS 10 MS_REMOUNT 20 MS_MANDLOCK 40"
                    + " MS_DIRSYNC 80 MS_NOSYMFOLLOW 100 MS_NOATIME 400 MS_NODIRATIME 800 MS_BIND 1000 MS_MOVE 2000"
                    + " MS_REC 4000 MS_SILENT 8000 MS_POSIXACL 10000 MS_UNBINDABLE 20000 MS_PRIVATE 40000 MS_SLAVE"
                    + " 80000 MS_SHARED 100000 MS_RELATIME 200000 MS_STRICTATIME 1000000 MS_LAZYTIME 2000000";
    private static final String O_COMMON =
            "O_CREAT 40 O_EXCL 80 O_NOCTTY 100 O_TRUNC 200 O_APPEND 400 O_NONBLOCK 800 O_SYNC 101000 O_DSYNC 1000"
                    + " O_NOATIME 40000 O_CLOEXEC 80000 O_PATH 200000";
    private static final String O_X86 =
            "O_TMPFILE 410000 O_DIRECTORY 10000 O_NOFOLLOW 20000 O_DIRECT 4000 " + O_COMMON;
    private static final String O_ARM =
            "O_TMPFILE 404000 O_DIRECTORY 4000 O_NOFOLLOW 8000 O_DIRECT 10000 " + O_COMMON;
    private static final String CLONE =
            "CLONE_NEWTIME 80 CLONE_VM 100 CLONE_FS 200 CLONE_FILES 400 CLONE_SIGHAND 800 CLONE_PIDFD 1000"
                    + " CLONE_PTRACE 2000 CLONE_VFORK 4000 CLONE_PARENT 8000 CLONE_THREAD 10000 CLONE_NEWNS 20000"
                    + " CLONE_SYSVSEM 40000 CLONE_SETTLS 80000 CLONE_PARENT_SETTID 100000 CLONE_CHILD_CLEARTID 200000"
                    + " CLONE_UNTRACED 800000 CLONE_CHILD_SETTID 1000000 CLONE_NEWCGROUP 2000000 CLONE_NEWUTS 4000000"
                    + " CLONE_NEWIPC 8000000 CLONE_NEWUSER 10000000 CLONE_NEWPID 20000000 CLONE_NEWNET 40000000"
                    + " CLONE_IO 80000000 CLONE_CLEAR_SIGHAND 100000000 CLONE_INTO_CGROUP 200000000";
    private static final String AT =
            "AT_SYMLINK_NOFOLLOW 100 AT_REMOVEDIR 200 AT_SYMLINK_FOLLOW 400 AT_NO_AUTOMOUNT 800 AT_EMPTY_PATH 1000"
                    + " AT_RECURSIVE 8000";
    private static final String MAP =
            "MAP_SHARED 1 MAP_PRIVATE 2 MAP_FIXED 10 MAP_ANONYMOUS 20 MAP_POPULATE 8000 MAP_NORESERVE 4000 MAP_STACK"
                    + " 20000 MAP_FIXED_NOREPLACE 100000";
    private static final String MOVE_MOUNT =
            "MOVE_MOUNT_F_SYMLINKS 1 MOVE_MOUNT_F_AUTOMOUNTS 2 MOVE_MOUNT_F_EMPTY_PATH 4 MOVE_MOUNT_T_SYMLINKS 10"
                    + " MOVE_MOUNT_T_AUTOMOUNTS 20 MOVE_MOUNT_T_EMPTY_PATH 40 MOVE_MOUNT_SET_GROUP 100"
                    + " MOVE_MOUNT_BENEATH 200";
    private static final String MOUNT_ATTR =
            "MOUNT_ATTR_RDONLY 1 MOUNT_ATTR_NOSUID 2 MOUNT_ATTR_NODEV 4 MOUNT_ATTR_NOEXEC 8 MOUNT_ATTR_NOATIME 10"
                    + " MOUNT_ATTR_STRICTATIME 20 MOUNT_ATTR_NODIRATIME 80 MOUNT_ATTR_IDMAP 100000"
                    + " MOUNT_ATTR_NOSYMFOLLOW 200000";
    private static final String SECCOMP_FLAGS =
            "SECCOMP_FILTER_FLAG_TSYNC 1 SECCOMP_FILTER_FLAG_LOG 2 SECCOMP_FILTER_FLAG_SPEC_ALLOW 4"
                    + " SECCOMP_FILTER_FLAG_NEW_LISTENER 8 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 20";
    private static final String SECUREBITS =
            "SECBIT_NOROOT 1 SECBIT_NOROOT_LOCKED 2 SECBIT_NO_SETUID_FIXUP 4 SECBIT_NO_SETUID_FIXUP_LOCKED 8"
                    + " SECBIT_KEEP_CAPS 10 SECBIT_KEEP_CAPS_LOCKED 20 SECBIT_NO_CAP_AMBIENT_RAISE 40"
                    + " SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED 80";
    private static final String FSCONFIG =
            "FSCONFIG_SET_FLAG 0 FSCONFIG_SET_STRING 1 FSCONFIG_SET_BINARY 2 FSCONFIG_SET_PATH 3"
                    + " FSCONFIG_SET_PATH_EMPTY 4 FSCONFIG_SET_FD 5 FSCONFIG_CMD_CREATE 6 FSCONFIG_CMD_RECONFIGURE 7";
    private static final String FCNTL =
            "F_DUPFD 0 F_GETFD 1 F_SETFD 2 F_GETFL 3 F_SETFL 4 F_SETLK 6 F_OFD_GETLK 24 F_OFD_SETLK 25 F_OFD_SETLKW 26"
                    + " F_DUPFD_CLOEXEC 406 F_SETPIPE_SZ 407 F_GETPIPE_SZ 408 F_ADD_SEALS 409 F_GET_SEALS 40a";
    private static final String PRCTL =
            "PR_SET_PDEATHSIG 1 PR_GET_DUMPABLE 3 PR_SET_DUMPABLE 4 PR_GET_KEEPCAPS 7 PR_SET_KEEPCAPS 8 PR_SET_NAME f"
                    + " PR_SET_SECCOMP 16 PR_CAPBSET_READ 17 PR_CAPBSET_DROP 18 PR_GET_SECUREBITS 1b PR_SET_SECUREBITS"
                    + " 1c PR_SET_MM 23 PR_SET_CHILD_SUBREAPER 24 PR_SET_NO_NEW_PRIVS 26 PR_SET_THP_DISABLE 29"
                    + " PR_CAP_AMBIENT 2f PR_SET_IO_FLUSHER 39 PR_SCHED_CORE 3e PR_SET_MDWE 41"
                    + " PR_SET_MEMORY_MERGE 43";
    private static final String CAP =
            "CAP_CHOWN 0 CAP_DAC_OVERRIDE 1 CAP_DAC_READ_SEARCH 2 CAP_FOWNER 3 CAP_FSETID 4 CAP_KILL 5 CAP_SETGID 6"
                    + " CAP_SETUID 7 CAP_SETPCAP 8 CAP_LINUX_IMMUTABLE 9 CAP_NET_BIND_SERVICE a CAP_NET_BROADCAST b"
                    + " CAP_NET_ADMIN c CAP_NET_RAW d CAP_IPC_LOCK e CAP_IPC_OWNER f CAP_SYS_MODULE 10 CAP_SYS_RAWIO"
                    + " 11 CAP_SYS_CHROOT 12 CAP_SYS_PTRACE 13 CAP_SYS_PACCT 14 CAP_SYS_ADMIN 15 CAP_SYS_BOOT 16"
                    + " CAP_SYS_NICE 17 CAP_SYS_RESOURCE 18 CAP_SYS_TIME 19 CAP_SYS_TTY_CONFIG 1a CAP_MKNOD 1b"
                    + " CAP_LEASE 1c CAP_AUDIT_WRITE 1d CAP_AUDIT_CONTROL 1e CAP_SETFCAP 1f CAP_MAC_OVERRIDE 20"
                    + " CAP_MAC_ADMIN 21 CAP_SYSLOG 22 CAP_WAKE_ALARM 23 CAP_BLOCK_SUSPEND 24 CAP_AUDIT_READ 25"
                    + " CAP_PERFMON 26 CAP_BPF 27 CAP_CHECKPOINT_RESTORE 28";
    private static final String RLIMIT =
            "RLIMIT_CPU 0 RLIMIT_FSIZE 1 RLIMIT_DATA 2 RLIMIT_STACK 3 RLIMIT_CORE 4 RLIMIT_RSS 5 RLIMIT_NPROC 6"
                    + " RLIMIT_NOFILE 7 RLIMIT_MEMLOCK 8 RLIMIT_AS 9 RLIMIT_LOCKS a RLIMIT_SIGPENDING b"
                    + " RLIMIT_MSGQUEUE c RLIMIT_NICE d RLIMIT_RTPRIO e RLIMIT_RTTIME f";
    private static final String IOCTL =
            "TCGETS 5401 TCSETS 5402 TCSETSW 5403 TCSETSF 5404 TIOCSCTTY 540e TIOCGWINSZ 5413 TIOCSWINSZ 5414"
                    + " FIONREAD 541b TIOCNOTTY 5422 TIOCGPTPEER 5441 TIOCSPTLCK 40045431 TIOCGPTN 80045430"
                    + " SIOCGIFFLAGS 8913 SIOCSIFFLAGS 8914 SIOCSIFADDR 8916 NS_GET_USERNS b701 NS_GET_PARENT b702"
                    + " FICLONE 40049409 LOOP_CTL_GET_FREE 4c82 LOOP_CONFIGURE 4c0a"
                    + " KVM_GET_API_VERSION ae00 KVM_CREATE_VM ae01 KVM_GET_VCPU_MMAP_SIZE ae04"
                    + " KVM_GET_SUPPORTED_CPUID c008ae05 KVM_CREATE_VCPU ae41 KVM_SET_TSS_ADDR ae47"
                    + " KVM_SET_USER_MEMORY_REGION 4020ae46 KVM_CREATE_IRQCHIP ae60 KVM_RUN ae80"
                    + " KVM_SET_REGS 4090ae82 KVM_SET_SREGS 4138ae84 KVM_GET_MSRS c008ae88 KVM_SET_MSRS"
                    + " 4008ae89 KVM_SET_CPUID2 4008ae90";

    private static String bits(String table, long value) {
        if (value == 0) {
            return "0";
        }
        StringBuilder out = new StringBuilder();
        long rest = value;
        String[] words = table.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            long bit = Long.parseLong(words[i + 1], 16);
            if ((rest & bit) == bit) {
                out.append(out.isEmpty() ? "" : "|").append(words[i]);
                rest &= ~bit;
            }
        }
        if (rest != 0) {
            out.append(out.isEmpty() ? "" : "|").append("0x").append(Long.toHexString(rest));
        }
        return out.toString();
    }

    private static String single(String table, long value) {
        String[] words = table.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            if (Long.parseLong(words[i + 1], 16) == value) {
                return words[i];
            }
        }
        return number(value);
    }

    private static String number(long value) {
        if (value == 0xffff_ffffL) {
            return "~0";
        }
        return value > 0xffff_ffffL || value < -0xffff_ffffL
                ? "0x" + Long.toHexString(value)
                : Long.toString(value);
    }

    private static String octal(long value) {
        return value == 0 ? "0" : "0" + Long.toOctalString(value);
    }

    private static String mode(long value) {
        String type =
                switch ((int) (value & 0170000)) {
                    case 0010000 -> "S_IFIFO|";
                    case 0020000 -> "S_IFCHR|";
                    case 0040000 -> "S_IFDIR|";
                    case 0060000 -> "S_IFBLK|";
                    case 0100000 -> "S_IFREG|";
                    case 0140000 -> "S_IFSOCK|";
                    default -> "";
                };
        return type.isEmpty() ? octal(value) : type + octal(value & 07777);
    }

    /** The major number of a device as the kernel packs it in 32 bits for mknod. */
    private static long major(long dev) {
        return dev >> 8 & 0xfff;
    }

    private static long minor(long dev) {
        return dev & 0xff | dev >> 12 & 0xfff00;
    }

    private static String open(long value, Arch arch) {
        String access =
                switch ((int) (value & 3)) {
                    case 1 -> "O_WRONLY";
                    case 2 -> "O_RDWR";
                    default -> "O_RDONLY";
                };
        long rest = value & ~3;
        if ((value & 0x200000) != 0) {
            // O_PATH has no access mode
            return bits(arch == Arch.X86_64 ? O_X86 : O_ARM, rest);
        }
        return rest == 0 ? access : access + "|" + bits(arch == Arch.X86_64 ? O_X86 : O_ARM, rest);
    }

    private static String socketType(long value) {
        String type = single("SOCK_STREAM 1 SOCK_DGRAM 2 SOCK_RAW 3 SOCK_SEQPACKET 5", value & 0xf);
        long rest = value & ~0xfL;
        return rest == 0 ? type : type + "|" + bits("SOCK_NONBLOCK 800 SOCK_CLOEXEC 80000", rest);
    }

    private static String clone(long value) {
        long flags = value & ~0x7fL;
        long signal = value & 0x7f;
        if (signal == 0) {
            return bits(CLONE, flags);
        }
        return flags == 0
                ? Signal.name((int) signal)
                : bits(CLONE, flags) + "|" + Signal.name((int) signal);
    }
}
