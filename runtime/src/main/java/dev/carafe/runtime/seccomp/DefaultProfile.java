package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Errno;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Seccomp.Action;
import dev.carafe.oci.runtime.Seccomp.Arg;
import dev.carafe.oci.runtime.Seccomp.Operator;
import dev.carafe.oci.runtime.Seccomp.Syscall;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The profile that a container gets when nobody asks for another: everything is forbidden but what
 * is listed here. What it allows, Docker's allows too; the differences are in
 * docs/design/security.md.
 *
 * <p>A forbidden call that is older than this list and needs privilege fails with EPERM, any other
 * with ENOSYS: the C library then falls back to an older call, as on an older kernel.
 */
public final class DefaultProfile {
    private static final String CHROOT = "CAP_SYS_CHROOT";
    private static final int EAFNOSUPPORT = 97;
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int AF_NETLINK = 16;
    private static final int AF_PACKET = 17;
    private static final int TIOCSTI = 0x5412;
    private static final int TIOCLINUX = 0x541C;

    /** CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET. */
    private static final long CLONE_NEW = 0x7E02_0000;

    /** The kernel reads these arguments as 32 bits, and so must a filter. */
    private static final long INT = 0xFFFF_FFFFL;

    /** Linux and 32-bit Linux, each also posing as version 2.6, and a query. */
    private static final long[] PERSONALITIES = {0, 8, 0x20000, 0x20008, 0xFFFF_FFFFL};

    private static final List<String> ARCHITECTURES =
            List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM");

    /** For every container; a name that an architecture lacks is ignored there. */
    private static final String[] ALLOWED = {
        // sockets, but for making one
        "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg",
        "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown",
        // files
        "access cachestat chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3",
        "faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat",
        "fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock",
        "fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64",
        "futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init",
        "inotify_init1 inotify_rm_watch lchown lchown32 lgetxattr link linkat listmount listxattr",
        "listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod",
        "mknodat name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2",
        "pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr removexattrat",
        "rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat splice stat stat64",
        "statfs statfs64 statmount statx symlink symlinkat sync sync_file_range sync_file_range2",
        "arm_sync_file_range arm_fadvise64_64 syncfs tee truncate truncate64 umask unlink unlinkat utime",
        "utimensat utimensat_time64 utimes vmsplice write writev",
        // waiting
        "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait",
        "epoll_wait_old eventfd eventfd2 io_cancel io_destroy io_getevents io_pgetevents",
        "io_pgetevents_time64 io_setup io_submit _newselect poll ppoll ppoll_time64 pselect6",
        "pselect6_time64 select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_gettime64",
        "timerfd_settime timerfd_settime64",
        // memory
        "brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall",
        "mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free",
        "pkey_mprotect remap_file_pages",
        // System V and POSIX IPC
        "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend",
        "mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop",
        "semtimedop_time64 shmat shmctl shmdt shmget",
        // processes
        "arch_prctl breakpoint cacheflush capget capset execve execveat exit exit_group fork futex",
        "futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area",
        "getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp",
        "getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit",
        "getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set landlock_add_rule",
        "landlock_create_ruleset landlock_restrict_self modify_ldt pidfd_open prctl prlimit64",
        "process_mrelease process_vm_readv process_vm_writev ptrace restart_syscall rseq",
        "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam",
        "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity",
        "sched_setattr sched_setparam sched_setscheduler sched_yield seccomp set_robust_list",
        "set_thread_area set_tid_address set_tls setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32",
        "setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid",
        "setresuid32 setreuid setreuid32 setrlimit setsid setuid setuid32 sysinfo ugetrlimit uname",
        "uretprobe vfork wait4 waitid waitpid",
        // signals
        "kill pause pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo",
        "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack",
        "sigprocmask sigreturn tgkill tkill",
        // time
        "adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime",
        "clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep",
        "setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64",
        "timer_settime timer_settime64 times",
    };

    /** A capability, and the calls that only make sense with it. */
    private static final String[][] PRIVILEGED = {
        {"CAP_BPF", "bpf"},
        {"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
        {"CAP_PERFMON", "perf_event_open"},
        {
            "CAP_SYS_ADMIN",
            "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick ioctl lookup_dcookie lsm_get_self_attr"
                    + " lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open"
                    + " quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare"
        },
        {"CAP_SYS_BOOT", "reboot"},
        {CHROOT, "chroot"},
        {"CAP_SYS_MODULE", "delete_module finit_module init_module"},
        {"CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
        {"CAP_SYS_PACCT", "acct"},
        {"CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"},
        {"CAP_SYS_RAWIO", "ioperm iopl"},
        {"CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
        {"CAP_SYS_TTY_CONFIG", "vhangup"},
        {"CAP_SYSLOG", "syslog"},
    };

    /** Calls that fail as they would without privilege, not as if they did not exist. */
    private static final String FORBIDDEN =
            "acct add_key bpf chroot clock_settime clock_settime64 delete_module fanotify_init finit_module fsconfig"
                    + " fsmount fsopen fspick init_module ioperm iopl kcmp kexec_file_load kexec_load keyctl mount"
                    + " mount_setattr move_mount open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root"
                    + " quotactl quotactl_fd reboot request_key setdomainname sethostname setns settimeofday stime"
                    + " swapoff swapon syslog umount umount2 unshare userfaultfd vhangup";

    private DefaultProfile() {}

    /**
     * {@link #profile}, compiled. For the capabilities that containers usually have it was compiled
     * when Carafe was built, which makes a cold start 30 ms shorter.
     */
    public static SeccompFilter filter(Arch arch, Collection<String> capabilities) {
        for (String[] privilege : PRIVILEGED) {
            if (!privilege[0].equals(CHROOT) && capabilities.contains(privilege[0])) {
                return SeccompFilter.compile(arch, profile(capabilities));
            }
        }
        boolean chroot = capabilities.contains(CHROOT);
        String program =
                switch (arch) {
                    case X86_64 -> chroot ? DefaultPrograms.X86_64_CHROOT : DefaultPrograms.X86_64;
                    case AARCH64 ->
                            chroot ? DefaultPrograms.AARCH64_CHROOT : DefaultPrograms.AARCH64;
                };
        return new SeccompFilter(hex(program), 0);
    }

    private static byte[] hex(String digits) {
        byte[] bytes = new byte[digits.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] =
                    (byte) (nibble(digits.charAt(2 * i)) << 4 | nibble(digits.charAt(2 * i + 1)));
        }
        return bytes;
    }

    private static int nibble(char digit) {
        return digit <= '9' ? digit - '0' : digit - 'a' + 10;
    }

    /** The profile for a process with these capabilities in its bounding set. */
    public static Seccomp profile(Collection<String> capabilities) {
        List<String> allowed = new ArrayList<>();
        for (String group : ALLOWED) {
            add(group, allowed);
        }
        List<String> forbidden = new ArrayList<>();
        add(FORBIDDEN, forbidden);
        for (String[] privilege : PRIVILEGED) {
            if (capabilities.contains(privilege[0])) {
                add(privilege[1], allowed);
            }
        }
        forbidden.removeAll(allowed);
        List<Syscall> calls = new ArrayList<>();
        calls.add(new Syscall(allowed, Action.SCMP_ACT_ALLOW, null, List.of()));
        calls.add(new Syscall(forbidden, Action.SCMP_ACT_ERRNO, Errno.EPERM, List.of()));
        restrict(calls);
        return new Seccomp(
                Action.SCMP_ACT_ERRNO, Errno.ENOSYS, ARCHITECTURES, List.of(), null, null, calls);
    }

    private static void add(String names, List<String> to) {
        int end;
        for (int at = 0; at < names.length(); at = end + 1) {
            end = names.indexOf(' ', at);
            end = end < 0 ? names.length() : end;
            to.add(names.substring(at, end));
        }
    }

    /**
     * Calls that depend on an argument. A rule without arguments, which a capability brought, makes
     * these moot; else the first that matches counts.
     */
    private static void restrict(List<Syscall> calls) {
        // no AF_ALG (CVE-2026-31431), no AF_VSOCK to the hypervisor, nothing that loads a rare
        // protocol's module
        for (int family : new int[] {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET}) {
            calls.add(
                    rule(
                            "socket",
                            new Arg(0, INT, family, Operator.SCMP_CMP_MASKED_EQ),
                            Action.SCMP_ACT_ALLOW,
                            null));
        }
        calls.add(otherwise("socket", EAFNOSUPPORT));
        calls.add(
                rule(
                        "socketpair",
                        new Arg(0, INT, AF_UNIX, Operator.SCMP_CMP_MASKED_EQ),
                        Action.SCMP_ACT_ALLOW,
                        null));
        calls.add(otherwise("socketpair", EAFNOSUPPORT));
        // a process must not type into the terminal that it was started from
        for (int request : new int[] {TIOCSTI, TIOCLINUX}) {
            calls.add(
                    rule(
                            "ioctl",
                            new Arg(1, INT, request, Operator.SCMP_CMP_MASKED_EQ),
                            Action.SCMP_ACT_ERRNO,
                            Errno.EPERM));
        }
        calls.add(
                rule(
                        "ioctl",
                        new Arg(1, 0, 0, Operator.SCMP_CMP_MASKED_EQ),
                        Action.SCMP_ACT_ALLOW,
                        null));
        // clone3 has its flags in memory, where no filter sees them: ENOSYS makes callers use clone
        calls.add(
                rule(
                        "clone",
                        new Arg(0, CLONE_NEW, 0, Operator.SCMP_CMP_MASKED_EQ),
                        Action.SCMP_ACT_ALLOW,
                        null));
        calls.add(otherwise("clone", Errno.EPERM));
        for (long persona : PERSONALITIES) {
            calls.add(
                    rule(
                            "personality",
                            new Arg(0, INT, persona, Operator.SCMP_CMP_MASKED_EQ),
                            Action.SCMP_ACT_ALLOW,
                            null));
        }
        calls.add(otherwise("personality", Errno.EPERM));
    }

    private static Syscall rule(String name, Arg arg, Action action, @Nullable Integer errno) {
        return new Syscall(List.of(name), action, errno, List.of(arg));
    }

    private static Syscall otherwise(String name, int errno) {
        return rule(
                name, new Arg(0, 0, 0, Operator.SCMP_CMP_MASKED_EQ), Action.SCMP_ACT_ERRNO, errno);
    }
    // PROGRAM
}
