package dev.carafe.linux;

import java.util.Locale;

/**
 * System calls by name, with their numbers on each architecture (asm/unistd.h) and the names of
 * their arguments as the manual pages give them. A name may carry the family of constants that its
 * value is read as, such as {@code flags:ms} for {@code MS_*}.
 */
public enum Sys {
    OPENAT2(437, 437, "dirfd path how size"),
    OPENAT(257, 56, "dirfd path flags:open mode"),
    MOUNT(165, 40, "source target fstype flags:ms data"),
    UMOUNT2(166, 39, "target flags:umount"),
    CLONE(56, 220, "flags:clone stack parent_tid arg4 arg5"),
    CLONE3(435, 435, "args size"),
    EXECVE(59, 221, "path argv envp"),
    EXECVEAT(322, 281, "dirfd path argv envp flags:at"),
    PIVOT_ROOT(155, 41, "new_root put_old"),
    CLOSE(3, 57, "fd"),
    CLOSE_RANGE(436, 436, "first last flags:close_range"),
    DUP(32, 23, "fd"),
    DUP3(292, 24, "oldfd newfd flags:o"),
    FCNTL(72, 25, "fd cmd:fcntl arg"),
    PIPE2(293, 59, "fds flags:o"),
    READ(0, 63, "fd buf count"),
    WRITE(1, 64, "fd buf count"),
    PREAD64(17, 67, "fd buf count offset"),
    PWRITE64(18, 68, "fd buf count offset"),
    MMAP(9, 222, "addr length prot:prot flags:map fd offset"),
    MPROTECT(10, 226, "addr length prot:prot"),
    MUNMAP(11, 215, "addr length"),
    EXIT_GROUP(231, 94, "status"),
    WAIT4(61, 260, "pid status options:wait rusage"),
    WAITID(247, 95, "idtype:idtype id info options:wait rusage"),
    KILL(62, 129, "pid signal:signal"),
    PIDFD_SEND_SIGNAL(424, 424, "pidfd signal:signal info flags"),
    PIDFD_OPEN(434, 434, "pid flags"),
    PIDFD_GETFD(438, 438, "pidfd targetfd flags"),
    SETNS(308, 268, "fd nstype:clone"),
    UNSHARE(272, 97, "flags:clone"),
    SETHOSTNAME(170, 161, "name length"),
    SETDOMAINNAME(171, 162, "name length"),
    CHDIR(80, 49, "path"),
    FCHDIR(81, 50, "fd"),
    CHROOT(161, 51, "path"),
    MKDIRAT(258, 34, "dirfd path mode:octal"),
    MKNODAT(259, 33, "dirfd path mode:mode dev:dev"),
    UNLINKAT(263, 35, "dirfd path flags:at"),
    LINKAT(265, 37, "olddirfd oldpath newdirfd newpath flags:at"),
    SYMLINKAT(266, 36, "target dirfd linkpath"),
    READLINKAT(267, 78, "dirfd path buf size"),
    RENAMEAT2(316, 276, "olddirfd oldpath newdirfd newpath flags:rename"),
    FCHOWN(93, 55, "fd owner group"),
    FCHOWNAT(260, 54, "dirfd path owner group flags:at"),
    FCHMOD(91, 52, "fd mode:octal"),
    FCHMODAT(268, 53, "dirfd path mode:octal"),
    NEWFSTATAT(262, 79, "dirfd path buf flags:at"),
    FSTAT(5, 80, "fd buf"),
    STATX(332, 291, "dirfd path flags:at mask buf"),
    STATFS(137, 43, "path buf"),
    FSTATFS(138, 44, "fd buf"),
    FTRUNCATE(77, 46, "fd length"),
    FALLOCATE(285, 47, "fd mode offset length"),
    FSYNC(74, 82, "fd"),
    FDATASYNC(75, 83, "fd"),
    SYNCFS(306, 267, "fd"),
    SYNC_FILE_RANGE(277, 84, "fd offset nbytes flags"),
    UTIMENSAT(280, 88, "dirfd path times flags:at"),
    SETXATTR(188, 5, "path name value size flags"),
    LSETXATTR(189, 6, "path name value size flags"),
    FSETXATTR(190, 7, "fd name value size flags"),
    LGETXATTR(192, 9, "path name value size"),
    FGETXATTR(193, 10, "fd name value size"),
    LLISTXATTR(195, 12, "path list size"),
    FLISTXATTR(196, 13, "fd list size"),
    LREMOVEXATTR(198, 15, "path name"),
    FREMOVEXATTR(199, 16, "fd name"),
    PRCTL(157, 167, "option:prctl arg2 arg3 arg4 arg5"),
    CAPSET(126, 91, "header data"),
    CAPGET(125, 90, "header data"),
    SETGROUPS(116, 159, "size list"),
    SETRESUID(117, 147, "ruid euid suid"),
    SETRESGID(119, 149, "rgid egid sgid"),
    GETUID(102, 174, ""),
    GETEUID(107, 175, ""),
    GETGID(104, 176, ""),
    GETEGID(108, 177, ""),
    GETPID(39, 172, ""),
    GETTID(186, 178, ""),
    SECCOMP(317, 277, "operation:seccomp flags:seccomp_flags args"),
    BPF(321, 280, "cmd:bpf attr size"),
    PRLIMIT64(302, 261, "pid resource:rlimit new_limit old_limit"),
    RT_SIGPROCMASK(14, 135, "how:sigmask set oldset sigsetsize"),
    RT_SIGACTION(13, 134, "signum act oldact sigsetsize"),
    RT_SIGTIMEDWAIT(128, 137, "set info timeout sigsetsize"),
    SETSID(112, 157, ""),
    GETPGID(121, 155, "pid"),
    SETPGID(109, 154, "pid pgid"),
    IOCTL(16, 29, "fd request:ioctl arg"),
    SOCKET(41, 198, "domain:af type:sock protocol"),
    BIND(49, 200, "fd addr addrlen"),
    CONNECT(42, 203, "fd addr addrlen"),
    LISTEN(50, 201, "fd backlog"),
    ACCEPT4(288, 242, "fd addr addrlen flags"),
    SENDTO(44, 206, "fd buf length flags addr addrlen"),
    RECVFROM(45, 207, "fd buf length flags addr addrlen"),
    SENDMSG(46, 211, "fd msg flags"),
    RECVMSG(47, 212, "fd msg flags"),
    SHUTDOWN(48, 210, "fd how"),
    SOCKETPAIR(53, 199, "domain:af type:sock protocol fds"),
    OPEN_TREE(428, 428, "dirfd path flags:open_tree"),
    MOVE_MOUNT(429, 429, "from_dirfd from_path to_dirfd to_path flags:move_mount"),
    FSOPEN(430, 430, "fstype flags:fsopen"),
    FSCONFIG(431, 431, "fd cmd:fsconfig key value aux"),
    FSMOUNT(432, 432, "fd flags:fsopen attr_flags:mount_attr"),
    FSPICK(433, 433, "dirfd path flags"),
    MOUNT_SETATTR(442, 442, "dirfd path flags:at attr size"),
    MEMFD_CREATE(319, 279, "name flags:memfd"),
    EPOLL_CREATE1(291, 20, "flags:o"),
    EPOLL_CTL(233, 21, "epfd op fd event"),
    EPOLL_PWAIT(281, 22, "epfd events maxevents timeout sigmask sigsetsize"),
    EVENTFD2(290, 19, "initval flags:efd"),
    SIGNALFD4(289, 74, "fd mask size flags"),
    PPOLL(271, 73, "fds nfds timeout sigmask sigsetsize"),
    KEYCTL(250, 219, "operation:keyctl arg2 arg3 arg4 arg5"),
    UMASK(95, 166, "mask:octal"),
    GETCWD(79, 17, "buf size"),
    FINIT_MODULE(313, 273, "fd params flags"),
    REBOOT(169, 142, "magic magic2 cmd arg"),
    NANOSLEEP(35, 101, "duration remaining"),
    CLOCK_GETTIME(228, 113, "clock time"),
    CLOCK_SETTIME(227, 112, "clock time"),
    SCHED_SETAFFINITY(203, 122, "pid size mask"),
    SCHED_SETSCHEDULER(144, 119, "pid policy param"),
    SCHED_SETATTR(314, 274, "pid attr flags"),
    FLOCK(73, 32, "fd operation"),
    GETDENTS64(217, 61, "fd buf count"),
    IOPRIO_SET(251, 30, "which who ioprio"),
    SETPRIORITY(141, 140, "which who prio"),
    PERSONALITY(135, 92, "persona"),
    SYNC(162, 81, ""),
    LSEEK(8, 62, "fd offset whence"),
    COPY_FILE_RANGE(326, 285, "fd_in off_in fd_out off_out length flags"),
    SPLICE(275, 76, "fd_in off_in fd_out off_out length flags"),
    FUTEX(202, 98, "addr op val timeout addr2 val3"),
    PTRACE(101, 117, "request pid addr data"),
    GETRANDOM(318, 278, "buf length flags"),
    UNAME(63, 160, "buf"),
    INOTIFY_INIT1(294, 26, "flags"),

    /**
     * Not a system call but the interpreter's own: a + b - minus in 64 bits, also stored at an
     * address when that is given. Its result is judged like any other, so that a loop can count.
     */
    SUM(0, 0, "a b minus into");

    private final int x86;
    private final int arm;
    private final String signature;

    Sys(int x86, int arm, String signature) {
        this.x86 = x86;
        this.arm = arm;
        this.signature = signature;
    }

    /** The number on x86_64. */
    public int x86_64() {
        return x86;
    }

    /** The number on aarch64. */
    public int aarch64() {
        return arm;
    }

    /** The number on the given architecture. */
    public int number(Arch arch) {
        return arch == Arch.X86_64 ? x86 : arm;
    }

    /** The call's name as the manual pages spell it. */
    public String call() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The arguments' names, separated by a space, each with its family after a colon when it has
     * one.
     */
    public String signature() {
        return signature;
    }
}
