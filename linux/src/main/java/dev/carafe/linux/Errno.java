package dev.carafe.linux;

/**
 * Error numbers of the Linux kernel, the same on x86_64 and aarch64 (asm-generic/errno.h), with
 * their names and the short texts that messages use.
 */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int E2BIG = 7;
    public static final int ENXIO = 6;
    public static final int ENOEXEC = 8;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ETXTBSY = 26;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int ESPIPE = 29;
    public static final int EROFS = 30;
    public static final int EMLINK = 31;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EOVERFLOW = 75;
    public static final int EOPNOTSUPP = 95;
    public static final int ENOBUFS = 105;
    public static final int ECONNRESET = 104;
    public static final int ECONNREFUSED = 111;
    public static final int ECANCELED = 125;
    public static final int EDQUOT = 122;

    private static final String TABLE =
            "1 EPERM operation not permitted|2 ENOENT no such file or directory|3 ESRCH no such process|4 EINTR"
                    + " interrupted system call|5 EIO input/output error|6 ENXIO no such device or address|7 E2BIG"
                    + " argument list too long|8 ENOEXEC exec format error|9 EBADF bad file descriptor|10 ECHILD no"
                    + " child processes|11 EAGAIN resource temporarily unavailable|12 ENOMEM cannot allocate memory|13"
                    + " EACCES permission denied|14 EFAULT bad address|15 ENOTBLK block device required|16 EBUSY device"
                    + " or resource busy|17 EEXIST file exists|18 EXDEV invalid cross-device link|19 ENODEV no such"
                    + " device|20 ENOTDIR not a directory|21 EISDIR is a directory|22 EINVAL invalid argument|23 ENFILE"
                    + " too many open files in system|24 EMFILE too many open files|25 ENOTTY inappropriate ioctl for"
                    + " device|26 ETXTBSY text file busy|27 EFBIG file too large|28 ENOSPC no space left on device|29"
                    + " ESPIPE illegal seek|30 EROFS read-only file system|31 EMLINK too many links|32 EPIPE broken"
                    + " pipe|33 EDOM argument out of domain|34 ERANGE result out of range|35 EDEADLK resource deadlock"
                    + " avoided|36 ENAMETOOLONG file name too long|37 ENOLCK no locks available|38 ENOSYS function not"
                    + " implemented|39 ENOTEMPTY directory not empty|40 ELOOP too many levels of symbolic links|61"
                    + " ENODATA no data available|71 EPROTO protocol error|75 EOVERFLOW value too large|87 EUSERS too"
                    + " many users|90 EMSGSIZE message too long|92 ENOPROTOOPT protocol not available|93"
                    + " EPROTONOSUPPORT protocol not supported|95 EOPNOTSUPP operation not supported|97 EAFNOSUPPORT"
                    + " address family not supported|98 EADDRINUSE address in use|99 EADDRNOTAVAIL address not"
                    + " available|100 ENETDOWN network is down|101 ENETUNREACH network unreachable|104 ECONNRESET"
                    + " connection reset|105 ENOBUFS no buffer space available|107 ENOTCONN not connected|110 ETIMEDOUT"
                    + " timed out|111 ECONNREFUSED connection refused|114 EALREADY already in progress|116 ESTALE stale"
                    + " file handle|117 EUCLEAN structure needs cleaning|122 EDQUOT disk quota exceeded|125 ECANCELED"
                    + " operation cancelled|126 ENOKEY required key not available";

    private Errno() {}

    /** The symbolic name, such as {@code ENOENT}; {@code errno 999} for a number without one. */
    public static String name(int errno) {
        String[] row = row(errno);
        return row.length == 0 ? "errno " + errno : row[1];
    }

    /** A few lower-case words, such as {@code no such file or directory}. */
    public static String text(int errno) {
        String[] row = row(errno);
        return row.length == 0 ? "unknown error" : row[2];
    }

    private static String[] row(int errno) {
        for (String entry : TABLE.split("\\|", -1)) {
            String[] parts = entry.split(" ", 3);
            if (Integer.parseInt(parts[0]) == errno) {
                return parts;
            }
        }
        return new String[0];
    }
}
