package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Linker;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class NativeTest {
    @Test
    void asksTheKernel() {
        assertEquals(ProcessHandle.current().pid(), Native.syscall(Sys.GETPID));
        assertEquals(-Errno.EBADF, Native.syscall(Sys.CLOSE, -1));
    }

    @Test
    void aLongerLoopTakesLonger() {
        assumeTrue(Native.ARCH == Arch.X86_64);
        assertTrue(Native.spin(10_000_000) > Native.spin(1) * 10);
    }

    @Test
    void theShortCutAndThePublicWayAreTheSame() throws Throwable {
        assumeTrue(
                Native.ARCH == Arch.X86_64 && Runtime.version().feature() == 25,
                "the short cut to native code is for JDK 25 on x86_64");
        Internals internals = Internals.open();
        assertNotNull(internals, "the flags of this test open it");
        long syscall =
                Linker.nativeLinker().defaultLookup().find("syscall").orElseThrow().address();
        assertEquals(syscall, internals.libcSyscall);
        ByteBuffer bytes = ByteBuffer.allocateDirect(8);
        long at = Native.address(bytes);
        internals.buffer(at, 8).put(7, (byte) 5);
        assertEquals(5, bytes.get(7));
        int number = Sys.MMAP.x86_64();
        long length = 4096;
        long shortCut =
                (long)
                        internals.call.invokeExact(
                                syscall, (long) number, 0L, length, 3L, 0x22L, -1L, 0L);
        long linked =
                (long)
                        Native.linked()
                                .invokeExact(
                                        syscall, (long) number, 0L, length, 3L, 0x22L, -1L, 0L);
        assertEquals(0, Native.syscall(Sys.MUNMAP, shortCut, length));
        assertEquals(0, Native.syscall(Sys.MUNMAP, linked, length));
    }
}
