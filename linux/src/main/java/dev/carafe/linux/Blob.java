package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes in a plan's memory that a step points to: a struct, an array, or room for a result. Its
 * pointers to strings and other blobs are resolved when the plan is assembled.
 */
public final class Blob {
    private final ByteBuffer bytes;
    private final String text;
    private final List<Pointer> pointers = new ArrayList<>();

    /** A pointer field at {@code offset} to a {@link String} or another {@link Blob}. */
    record Pointer(int offset, Object target) {}

    /**
     * The 64-bit value stored at an offset of a blob, read when the step runs (an earlier step
     * wrote it).
     */
    public record Value(Blob blob, int offset) {}

    /** The address of a place inside a blob. */
    public record Part(Blob blob, int offset) {}

    private Blob(byte[] bytes, String text) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.text = text;
    }

    /**
     * Zeroed room.
     *
     * @param text what {@code explain} shows in place of the address
     */
    public static Blob room(int size, String text) {
        return new Blob(new byte[size], text);
    }

    /** Fixed bytes; {@code text} is what {@code explain} shows in place of the address. */
    public static Blob of(byte[] bytes, String text) {
        return new Blob(bytes, text);
    }

    /** A NULL-terminated array of C strings, as execve takes it. */
    public static Blob strings(List<String> strings, String text) {
        Blob blob = room(8 * (strings.size() + 1), text);
        for (int i = 0; i < strings.size(); i++) {
            blob.pointer(8 * i, strings.get(i));
        }
        return blob;
    }

    public Blob u8(int offset, int value) {
        bytes.put(offset, (byte) value);
        return this;
    }

    public Blob u16(int offset, int value) {
        bytes.putShort(offset, (short) value);
        return this;
    }

    public Blob u32(int offset, long value) {
        bytes.putInt(offset, (int) value);
        return this;
    }

    public Blob u64(int offset, long value) {
        bytes.putLong(offset, value);
        return this;
    }

    /** Stores the address of a {@link String} or a {@link Blob}. */
    public Blob pointer(int offset, Object target) {
        if (!(target instanceof String) && !(target instanceof Blob)) {
            throw new IllegalArgumentException("a pointer needs a String or a Blob");
        }
        pointers.add(new Pointer(offset, target));
        return this;
    }

    /** The 64-bit value at an offset, as a step's argument. */
    public Value at(int offset) {
        return new Value(this, offset);
    }

    /** The address of a place inside, as a step's argument. */
    public Part from(int offset) {
        return new Part(this, offset);
    }

    public int size() {
        return bytes.capacity();
    }

    public String text() {
        return text;
    }

    byte[] bytes() {
        return bytes.array();
    }

    List<Pointer> pointers() {
        return pointers;
    }
}
