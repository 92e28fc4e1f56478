package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Memory that plans are assembled into, pooled because a fresh mapping costs page faults at each
 * start. A private region is walked by a thread of this JVM; a shared one lies in a memfd that a
 * stage maps.
 */
final class Region implements AutoCloseable {
    /** The most that a plan may take; pages are only used where written. */
    static final int SIZE = 4 << 20;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_NOEXEC_SEAL = 8;

    private static final ConcurrentLinkedQueue<Region> PRIVATE = new ConcurrentLinkedQueue<>();
    private static final ConcurrentLinkedQueue<Region> SHARED = new ConcurrentLinkedQueue<>();

    private final long address;
    private final ByteBuffer bytes;
    private final @Nullable Fd memfd;

    private Region(long address, @Nullable Fd memfd) {
        this.address = address;
        this.bytes = Native.at(address, SIZE);
        this.memfd = memfd;
    }

    static Region privateMemory() throws ErrnoException {
        Region free = PRIVATE.poll();
        return free != null ? free : new Region(map(MAP_PRIVATE_ANONYMOUS_NORESERVE, -1), null);
    }

    static Region sharedMemory() throws ErrnoException {
        Region free = SHARED.poll();
        if (free != null) {
            return free;
        }
        Fd memfd = memfd("carafe-plan", MFD_NOEXEC_SEAL);
        Native.check("size a plan's memory", Sys.FTRUNCATE, memfd.number(), SIZE);
        return new Region(map(MAP_SHARED, memfd.number()), memfd);
    }

    /** A memfd; the execute flags are dropped for kernels before 6.3, which do not know them. */
    static Fd memfd(String name, int flags) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long cName = memory.string(name);
            long fd = Native.syscall(Sys.MEMFD_CREATE, cName, MFD_CLOEXEC | flags);
            if (fd == -Errno.EINVAL) {
                fd =
                        Native.check(
                                "create memory for " + name,
                                Sys.MEMFD_CREATE,
                                cName,
                                MFD_CLOEXEC | flags & MFD_ALLOW_SEALING);
            } else if (Native.isError(fd)) {
                throw new ErrnoException("create memory for " + name, (int) -fd);
            }
            return new Fd((int) fd);
        }
    }

    private static long map(int flags, int fd) throws ErrnoException {
        return Native.check(
                "map memory for a plan", Sys.MMAP, 0, SIZE, PROT_READ_WRITE, flags, fd, 0);
    }

    long address() {
        return address;
    }

    ByteBuffer bytes() {
        return bytes;
    }

    Fd memfd() {
        if (memfd == null) {
            throw new IllegalStateException("the region is private");
        }
        return memfd;
    }

    /** Back to the pool: only when no process walks it any more. */
    @Override
    public void close() {
        (memfd == null ? PRIVATE : SHARED).add(this);
    }
}
