package dev.carafe.engine.image;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Direct buffers that are used again: their memory is only freed when a collector runs. */
final class Buffers {
    /** Small enough for a core's second cache, large enough that handing one on costs little. */
    static final int SIZE = 256 * 1024;

    private static final ConcurrentLinkedQueue<ByteBuffer> FREE = new ConcurrentLinkedQueue<>();

    private Buffers() {}

    static ByteBuffer borrow() {
        ByteBuffer free = FREE.poll();
        return free != null ? free.clear() : ByteBuffer.allocateDirect(SIZE);
    }

    static void giveBack(ByteBuffer buffer) {
        FREE.add(buffer);
    }
}
