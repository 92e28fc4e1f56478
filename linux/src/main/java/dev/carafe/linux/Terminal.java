package dev.carafe.linux;

import java.nio.ByteBuffer;

/**
 * A terminal's mode and size (ioctl_tty(2)). Descriptors are standard ones, so they come as
 * numbers.
 */
public final class Terminal {
    private static final int TCGETS = 0x5401;
    private static final int TCSETS = 0x5402;
    private static final int TIOCGPGRP = 0x540F;
    private static final int TIOCGWINSZ = 0x5413;
    private static final int TIOCSWINSZ = 0x5414;

    /**
     * struct termios of the kernel: four words of flags, the line discipline, 19 control
     * characters.
     */
    private static final int TERMIOS = 36;

    private static final int IFLAG = 0;
    private static final int OFLAG = 4;
    private static final int CFLAG = 8;
    private static final int LFLAG = 12;
    private static final int VTIME = 17 + 5;
    private static final int VMIN = 17 + 6;

    // IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL, IXON
    private static final int RAW_IFLAG_OFF = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int OPOST = 1;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    // ISIG, ICANON, ECHO, ECHONL, IEXTEN
    private static final int RAW_LFLAG_OFF = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    private final int fd;
    private final byte[] before;

    private Terminal(int fd, byte[] before) {
        this.fd = fd;
        this.before = before;
    }

    /**
     * A terminal's size in characters.
     *
     * @param rows lines
     * @param columns characters in a line
     */
    public record Size(int rows, int columns) {}

    /** Whether the descriptor is a terminal. */
    public static boolean is(int fd) {
        try (Memory memory = Memory.borrow()) {
            return !Native.isError(Native.syscall(Sys.IOCTL, fd, TCGETS, memory.reserve(TERMIOS)));
        }
    }

    /**
     * Remembers the terminal's mode, to come back to.
     *
     * @throws ErrnoException with ENOTTY when the descriptor is no terminal
     */
    public static Terminal of(int fd) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long termios = memory.reserve(TERMIOS);
            Native.check("read the terminal's mode", Sys.IOCTL, fd, TCGETS, termios);
            byte[] mode = new byte[TERMIOS];
            memory.view(termios, TERMIOS).get(mode);
            return new Terminal(fd, mode);
        }
    }

    /** Every key goes to the program: no echo, no line editing, no signals (cfmakeraw(3)). */
    public void raw() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long termios = memory.bytes(before);
            ByteBuffer mode = memory.view(termios, TERMIOS);
            mode.putInt(IFLAG, mode.getInt(IFLAG) & ~RAW_IFLAG_OFF);
            mode.putInt(OFLAG, mode.getInt(OFLAG) & ~OPOST);
            mode.putInt(CFLAG, mode.getInt(CFLAG) & ~CSIZE_PARENB | CS8);
            mode.putInt(LFLAG, mode.getInt(LFLAG) & ~RAW_LFLAG_OFF);
            mode.put(VMIN, (byte) 1).put(VTIME, (byte) 0);
            Native.check("set the terminal's mode", Sys.IOCTL, fd, TCSETS, termios);
        }
    }

    /** Goes back to the mode that was found; a terminal that has gone away needs nothing. */
    public void restore() {
        try (Memory memory = Memory.borrow()) {
            Native.syscall(Sys.IOCTL, fd, TCSETS, memory.bytes(before));
        }
    }

    /** Whether this process's group is the one that the terminal belongs to now. */
    public boolean isForeground() {
        try (Memory memory = Memory.borrow()) {
            long group = memory.reserve(8);
            long result = Native.syscall(Sys.IOCTL, fd, TIOCGPGRP, group);
            return !Native.isError(result)
                    && memory.view(group, 4).getInt(0) == Native.syscall(Sys.GETPGID, 0);
        }
    }

    /** The size; zeros when the terminal does not know it. */
    public static Size size(int fd) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long size = memory.reserve(8);
            Native.check("read the terminal's size", Sys.IOCTL, fd, TIOCGWINSZ, size);
            ByteBuffer view = memory.view(size, 8);
            return new Size(view.getShort(0) & 0xffff, view.getShort(2) & 0xffff);
        }
    }

    /** Sets the size; the programs in it get SIGWINCH. */
    public static void resize(int fd, Size size) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long struct = memory.reserve(8);
            memory.view(struct, 8)
                    .putShort(0, (short) size.rows())
                    .putShort(2, (short) size.columns());
            Native.check("set the terminal's size", Sys.IOCTL, fd, TIOCSWINSZ, struct);
        }
    }
}
