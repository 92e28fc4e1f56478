package dev.carafe.linux;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A pair of sockets over which a stage hands a descriptor to the JVM (SCM_RIGHTS, unix(7)). */
public final class DescriptorSocket implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET_CLOEXEC = 0x80005;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private final Fd ours;
    private final Fd stages;

    private DescriptorSocket(Fd ours, Fd stages) {
        this.ours = ours;
        this.stages = stages;
    }

    public static DescriptorSocket open() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long pair = memory.reserve(8);
            Native.check(
                    "make a socket pair", Sys.SOCKETPAIR, AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0, pair);
            ByteBuffer view = memory.view(pair, 8);
            return new DescriptorSocket(new Fd(view.getInt(0)), new Fd(view.getInt(4)));
        }
    }

    /** The end for the stage. */
    public int stageEnd() {
        return stages.number();
    }

    /** Receives the descriptor; null when the stage has gone without sending one. */
    public @Nullable Fd receive() throws ErrnoException {
        stages.close();
        try (Memory memory = Memory.borrow()) {
            long control = memory.reserve(24);
            long payload = memory.reserve(8);
            long iov = memory.reserve(16);
            memory.view(iov, 16).putLong(0, payload).putLong(8, 1);
            long message = memory.reserve(56);
            memory.view(message, 56)
                    .putLong(16, iov)
                    .putLong(24, 1)
                    .putLong(32, control)
                    .putLong(40, 24);
            long got =
                    Native.check(
                            "receive a terminal",
                            Sys.RECVMSG,
                            ours.number(),
                            message,
                            MSG_CMSG_CLOEXEC);
            return got <= 0 ? null : new Fd(memory.view(control, 24).getInt(16));
        }
    }

    @Override
    public void close() {
        ours.close();
        stages.close();
    }
}
