package dev.carafe.linux;

import java.lang.foreign.MemorySegment;
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
    private static final ConcurrentLinkedQueue<ByteBuffer> FREE = new ConcurrentLinkedQueue<>();

    private final ByteBuffer buffer;
    private final long address;
    private final boolean pooled;

    private Memory(ByteBuffer buffer, boolean pooled) {
        this.buffer = buffer.order(ByteOrder.nativeOrder());
        this.address = MemorySegment.ofBuffer(buffer.clear()).address();
        this.pooled = pooled;
    }

    /** Borrows 64 KiB from the pool. */
    public static Memory borrow() {
        ByteBuffer free = FREE.poll();
        return new Memory(free == null ? ByteBuffer.allocateDirect(SIZE) : free, true);
    }

    /** Allocates for a larger need; not pooled. */
    public static Memory of(int size) {
        return size <= SIZE ? borrow() : new Memory(ByteBuffer.allocateDirect(size), false);
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
        for (int i = 0; i < size; i++) {
            buffer.put((byte) 0);
        }
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
        if (pooled) {
            FREE.add(buffer);
        }
    }
}
