package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A borrowed piece of native memory for the strings and structs of a few system calls. Use in
 * try-with-resources; addresses are valid until it is closed.
 */
public final class Memory implements AutoCloseable {
    private static final int SIZE = 64 * 1024;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final ConcurrentLinkedQueue<Memory> FREE = new ConcurrentLinkedQueue<>();

    private final long address;
    private final ByteBuffer buffer;

    private Memory(int size) {
        address = Native.syscall(Sys.MMAP, 0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (Native.isError(address)) {
            throw new OutOfMemoryError("the kernel gave no memory: errno " + -address);
        }
        buffer = Native.at(address, size);
    }

    /** Borrows 64 KiB from the pool. */
    public static Memory borrow() {
        Memory free = FREE.poll();
        return free != null ? free : new Memory(SIZE);
    }

    /** Allocates for a larger need; not pooled. */
    public static Memory of(int size) {
        return size <= SIZE ? borrow() : new Memory(size);
    }

    /**
     * Copies the string and its terminating NUL in; returns its address. A NUL inside is refused.
     */
    public long string(String s) {
        byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException("the text holds a NUL byte");
            }
        }
        long at = address + buffer.position();
        buffer.put(bytes).put((byte) 0);
        align();
        return at;
    }

    /** Copies the bytes in; returns their address. */
    public long bytes(byte[] bytes) {
        long at = address + buffer.position();
        buffer.put(bytes);
        align();
        return at;
    }

    /**
     * Reserves zeroed space for a struct; read or write it through the view that {@link #view}
     * gives.
     */
    public long reserve(int size) {
        long at = address + buffer.position();
        buffer.put(new byte[size]); // at once: a loop would be interpreted in a cold JVM
        align();
        return at;
    }

    /** A view in native byte order of memory that this object gave out. */
    public ByteBuffer view(long at, int size) {
        return buffer.slice(Math.toIntExact(at - address), size).order(ByteOrder.nativeOrder());
    }

    private void align() {
        buffer.position((buffer.position() + 7) & ~7);
    }

    @Override
    public void close() {
        if (buffer.capacity() == SIZE) {
            buffer.clear();
            FREE.add(this);
        } else {
            Native.syscall(Sys.MUNMAP, address, buffer.capacity());
        }
    }
}
