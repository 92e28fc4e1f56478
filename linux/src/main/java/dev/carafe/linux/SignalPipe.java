package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Signals to this process as bytes in a pipe, so that one poll loop waits for them and for
 * everything else.
 *
 * <p>The handler is machine code that writes the signal's number and returns. It runs no Java, so
 * any thread may take the signal, and the signals that the JVM keeps for itself, such as SIGQUIT,
 * can be had too. A signalfd would not do: it needs the signals blocked in every thread of the JVM.
 */
public final class SignalPipe implements AutoCloseable {
    private static final int PAGE = 4096;
    private static final int RESTORER = 64;
    private static final int SIGACTION = 32;
    private static final long SA_RESTART = 0x10000000;
    private static final long SA_RESTORER = 0x04000000;
    private static final long SIG_IGN = 1;
    private static final int O_CLOEXEC_NONBLOCK = 0x80800;

    private final Fd read;
    private final Fd write;
    private final List<Saved> saved = new ArrayList<>();

    /** A struct sigaction as the kernel has it. */
    private record Saved(int signal, long handler, long flags, long restorer, long mask) {}

    private SignalPipe(Fd read, Fd write) {
        this.read = read;
        this.write = write;
    }

    /**
     * Takes the signals over until it is closed. One that is ignored, as by nohup, stays ignored.
     */
    public static SignalPipe open(int... signals) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long fds = memory.reserve(8);
            Native.check("make a pipe", Sys.PIPE2, fds, O_CLOEXEC_NONBLOCK);
            ByteBuffer view = memory.view(fds, 8);
            SignalPipe pipe = new SignalPipe(new Fd(view.getInt(0)), new Fd(view.getInt(4)));
            try {
                pipe.take(memory, signals);
            } catch (ErrnoException e) {
                pipe.close();
                throw e;
            }
            return pipe;
        }
    }

    private void take(Memory memory, int... signals) throws ErrnoException {
        long code = handler(Native.ARCH, write.number());
        long act = memory.reserve(SIGACTION);
        ByteBuffer view = memory.view(act, SIGACTION);
        view.putLong(0, code);
        view.putLong(8, Native.ARCH == Arch.X86_64 ? SA_RESTART | SA_RESTORER : SA_RESTART);
        view.putLong(16, Native.ARCH == Arch.X86_64 ? code + RESTORER : 0);
        long old = memory.reserve(SIGACTION);
        for (int signal : signals) {
            Native.check("read a signal's action", Sys.RT_SIGACTION, signal, 0, old, 8);
            ByteBuffer action = memory.view(old, SIGACTION);
            Saved earlier =
                    new Saved(
                            signal,
                            action.getLong(0),
                            action.getLong(8),
                            action.getLong(16),
                            action.getLong(24));
            if (earlier.handler != SIG_IGN) {
                Native.check("set a signal's action", Sys.RT_SIGACTION, signal, act, 0, 8);
                saved.add(earlier);
            }
        }
    }

    /** A page of its own, never unmapped: a thread may still be inside when the pipe is closed. */
    private static long handler(Arch arch, int fd) throws ErrnoException {
        byte[] bytes = code(arch, fd);
        long page = Native.check("map a signal handler", Sys.MMAP, 0, PAGE, 3, 0x22, -1, 0);
        Native.at(page, PAGE).put(bytes);
        Native.check("protect a signal handler", Sys.MPROTECT, page, PAGE, 5);
        return page;
    }

    static byte[] code(Arch arch, int fd) {
        Code code = new Code();
        switch (arch) {
            case X86_64 -> {
                code.bytes(0x57); // push rdi: the signal's number
                code.bytes(0xB8, 1, 0, 0, 0); // mov eax, SYS_write
                code.bytes(0xBF).word(fd); // mov edi, fd
                code.bytes(0x48, 0x89, 0xE6); // mov rsi, rsp
                code.bytes(0xBA, 1, 0, 0, 0); // mov edx, 1
                code.bytes(0x0F, 0x05); // syscall
                code.bytes(0x5F, 0xC3); // pop rdi; ret
                code.padTo(RESTORER);
                code.bytes(0xB8, 15, 0, 0, 0); // mov eax, SYS_rt_sigreturn
                code.bytes(0x0F, 0x05); // syscall
            }
            case AARCH64 -> {
                if (fd > 0xffff) {
                    throw new IllegalStateException("more than 65536 open descriptors");
                }
                code.word(0xD10043FF); // sub sp, sp, #16
                code.word(0xF90003E0); // str x0, [sp]: the signal's number
                code.word(0x52800000 | fd << 5); // mov w0, #fd
                code.word(0x910003E1); // mov x1, sp
                code.word(0xD2800022); // mov x2, #1
                code.word(0xD2800808); // mov x8, SYS_write
                code.word(0xD4000001); // svc #0
                code.word(0x910043FF); // add sp, sp, #16
                code.word(0xD65F03C0); // ret; the kernel's vdso has the restorer
            }
        }
        return code.assemble();
    }

    /**
     * The end to poll and to read: one byte, the signal's number, for each signal. Does not block.
     */
    public Fd fd() {
        return read;
    }

    /** Takes the next signal, or 0 when there is none. */
    public int next() {
        try (Memory memory = Memory.borrow()) {
            long buf = memory.reserve(8);
            return Native.syscall(Sys.READ, read.number(), buf, 1) == 1
                    ? memory.view(buf, 1).get(0)
                    : 0;
        }
    }

    /** Puts the earlier actions back. */
    @Override
    public void close() {
        try (Memory memory = Memory.borrow()) {
            long act = memory.reserve(SIGACTION);
            for (Saved s : saved) {
                memory.view(act, SIGACTION)
                        .putLong(0, s.handler)
                        .putLong(8, s.flags)
                        .putLong(16, s.restorer)
                        .putLong(24, s.mask);
                Native.syscall(Sys.RT_SIGACTION, s.signal, act, 0, 8);
            }
        }
        saved.clear();
        write.close();
        read.close();
    }
}
