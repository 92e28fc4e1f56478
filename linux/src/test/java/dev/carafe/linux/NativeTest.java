package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NativeTest {
    @Test
    void asksTheKernel() {
        assertEquals(ProcessHandle.current().pid(), Native.syscall(Sys.GETPID));
        assertEquals(-Errno.EBADF, Native.syscall(Sys.CLOSE, -1));
    }
}
