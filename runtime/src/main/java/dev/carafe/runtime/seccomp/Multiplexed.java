package dev.carafe.runtime.seccomp;

/**
 * Calls that i386 also has as a number in the first argument of socketcall(2) or ipc(2). A rule for
 * {@code connect} that did not cover {@code socketcall(SYS_CONNECT, ...)} would be no rule.
 */
enum Multiplexed {
    // linux/net.h
    SOCKETCALL(
            "socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom"
                    + " shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg ",
            -1),
    // linux/ipc.h; the upper half of ipc's argument is a version
    IPC(
            "semop semget semctl semtimedop - - - - - - msgsnd msgrcv msgget msgctl - - - - - - shmat shmdt shmget shmctl ",
            0xFFFF);

    private final String calls;
    private final int mask;

    Multiplexed(String calls, int mask) {
        this.calls = calls;
        this.mask = mask;
    }

    /** The bits of the first argument that hold the number. */
    int mask() {
        return mask;
    }

    /** The number of a call in the first argument, or 0. */
    int number(String call) {
        int number = 1;
        int end;
        for (int at = 0; (end = calls.indexOf(' ', at)) > 0; at = end + 1, number++) {
            if (end - at == call.length() && calls.startsWith(call, at)) {
                return number;
            }
        }
        return 0;
    }
}
