package dev.carafe.linux;

/** Signal numbers by name, the same on x86_64 and aarch64 (signal(7)). */
public final class Signal {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGKILL = 9;
    public static final int SIGUSR1 = 10;
    public static final int SIGUSR2 = 12;
    public static final int SIGALRM = 14;
    public static final int SIGTERM = 15;
    public static final int SIGCHLD = 17;
    public static final int SIGCONT = 18;
    public static final int SIGTSTP = 20;
    public static final int SIGWINCH = 28;

    private static final int SIGRTMIN = 34;
    private static final int SIGRTMAX = 64;
    private static final String NAMES =
            "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN"
                    + " TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS ";

    private Signal() {}

    /**
     * Reads {@code SIGTERM}, {@code TERM}, {@code 15} or {@code SIGRTMIN+3}, in any case.
     *
     * @throws IllegalArgumentException when there is no such signal
     */
    public static int number(String text) {
        String name = upper(text);
        if (name.startsWith("SIG")) {
            name = name.substring(3);
        }
        int found = named(name);
        if (found == 0) {
            throw new IllegalArgumentException("invalid signal: " + text);
        }
        return found;
    }

    private static int named(String name) {
        if (name.isEmpty()) {
            return 0;
        }
        if (name.charAt(0) >= '0' && name.charAt(0) <= '9') {
            return inRange(digits(name));
        }
        if (name.startsWith("RTMIN")) {
            return realTime(SIGRTMIN, name.substring(5), '+', 1);
        }
        if (name.startsWith("RTMAX")) {
            return realTime(SIGRTMAX, name.substring(5), '-', -1);
        }
        int number = 1;
        int start = 0;
        for (int end = NAMES.indexOf(' '); end >= 0; end = NAMES.indexOf(' ', start)) {
            if (end - start == name.length() && NAMES.startsWith(name, start)) {
                return number;
            }
            number++;
            start = end + 1;
        }
        return 0;
    }

    private static int realTime(int base, String rest, char sign, int step) {
        if (rest.isEmpty()) {
            return base;
        }
        int offset = rest.charAt(0) == sign ? digits(rest.substring(1)) : -1;
        int number = base + step * offset;
        return offset >= 0 && number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
    }

    private static int inRange(int number) {
        return number >= 1 && number <= SIGRTMAX ? number : 0;
    }

    private static int digits(String text) {
        int number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9' || number > 100) {
                return -1;
            }
            number = number * 10 + c - '0';
        }
        return text.isEmpty() ? -1 : number;
    }

    private static String upper(String text) {
        char[] chars = text.toCharArray();
        for (int i = 0; i < chars.length; i++) {
            if (chars[i] >= 'a' && chars[i] <= 'z') {
                chars[i] = (char) (chars[i] - 32);
            }
        }
        return new String(chars);
    }

    /** The name such as {@code SIGTERM}. */
    public static String name(int number) {
        if (number >= SIGRTMIN && number <= SIGRTMAX) {
            return number == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + (number - SIGRTMIN);
        }
        int start = 0;
        for (int i = 1, end = NAMES.indexOf(' '); end >= 0; i++, end = NAMES.indexOf(' ', start)) {
            if (i == number) {
                return "SIG" + NAMES.substring(start, end);
            }
            start = end + 1;
        }
        return "signal " + number;
    }
}
