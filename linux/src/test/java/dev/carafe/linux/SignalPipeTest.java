package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SignalPipeTest {
    private static void send(int signal) throws ErrnoException {
        Native.check("kill", Sys.KILL, Native.syscall(Sys.GETPID), signal);
    }

    @Test
    void bringsSignalsAlsoThoseThatTheJvmUses() throws Exception {
        int[] signals = {
            Signal.number("TERM"),
            Signal.number("QUIT"),
            Signal.number("USR1"),
            Signal.number("HUP")
        };
        try (SignalPipe pipe = SignalPipe.open(signals)) {
            assertEquals(0, pipe.next());
            for (int signal : signals) {
                send(signal);
                int got = 0;
                for (int i = 0; i < 200 && got == 0; i++, Thread.sleep(5)) {
                    got = pipe.next();
                }
                assertEquals(signal, got);
            }
        }
    }

    @Test
    void putsTheEarlierActionBack() throws Exception {
        int usr1 = Signal.number("USR1");
        try (Memory memory = Memory.borrow()) {
            long before = memory.reserve(32);
            long after = memory.reserve(32);
            Native.check("sigaction", Sys.RT_SIGACTION, usr1, 0, before, 8);
            SignalPipe.open(usr1).close();
            Native.check("sigaction", Sys.RT_SIGACTION, usr1, 0, after, 8);
            assertEquals(memory.view(before, 32), memory.view(after, 32));
        }
    }

    @Test
    void tellsWhatIsNoTerminal() throws Exception {
        try (Fd fd = new Fd((int) Native.check("memfd", Sys.EVENTFD2, 0, 0x80000))) {
            assertFalse(Terminal.is(fd.number()));
            ErrnoException e = assertThrows(ErrnoException.class, () -> Terminal.size(fd.number()));
            assertEquals(Errno.ENOTTY, e.errno());
        }
    }

    @Test
    void setsAPseudoTerminalRawAndBack() throws Exception {
        try (Memory memory = Memory.borrow();
                Fd master =
                        new Fd(
                                (int)
                                        Native.check(
                                                "open /dev/ptmx",
                                                Sys.OPENAT,
                                                Fd.AT_FDCWD,
                                                memory.string("/dev/ptmx"),
                                                0x80102))) {
            Terminal.resize(master.number(), new Terminal.Size(33, 101));
            assertEquals(new Terminal.Size(33, 101), Terminal.size(master.number()));
            Terminal terminal = Terminal.of(master.number());
            int lflag = lflag(memory, master);
            terminal.raw();
            assertEquals(lflag & ~0x804b, lflag(memory, master));
            terminal.restore();
            assertEquals(lflag, lflag(memory, master));
        }
    }

    private static int lflag(Memory memory, Fd fd) throws ErrnoException {
        long termios = memory.reserve(36);
        Native.check("TCGETS", Sys.IOCTL, fd.number(), 0x5401, termios);
        return memory.view(termios, 36).getInt(12);
    }
}
