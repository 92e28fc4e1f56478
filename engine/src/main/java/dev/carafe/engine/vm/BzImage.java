package dev.carafe.engine.vm;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * The header of an x86 kernel image (Documentation/arch/x86/boot.rst, protocol 2.08 of Linux 2.6.26
 * and later).
 *
 * @param version the release, such as {@code 6.1.0-56-cloud-amd64}
 * @param payload where the compressed kernel begins in the file, in bytes
 * @param length of the compressed kernel in bytes, with the size that follows it
 */
record BzImage(String version, long payload, long length) {
    private static final int SECTOR = 512;
    private static final int SETUP_SECTS = 0x1f1;
    private static final int BOOT_FLAG = 0x1fe;
    private static final int MAGIC = 0x202;
    private static final int PROTOCOL = 0x206;
    private static final int KERNEL_VERSION = 0x20e;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24c;
    private static final int HEADER = 0x250;
    private static final int LONGEST_VERSION = 64; // UTS_RELEASE, __NEW_UTS_LEN

    /**
     * Reads the header.
     *
     * @throws VmException when the file is no such image
     */
    static BzImage read(FileChannel channel, Path file) throws IOException {
        ByteBuffer header = bytes(channel, 0, HEADER);
        if (header.limit() < HEADER
                || header.getShort(BOOT_FLAG) != (short) 0xAA55
                || header.getInt(MAGIC) != 0x53726448) { // HdrS
            throw new VmException(
                    file + " is not a kernel image for x86 (a bzImage, as /boot/vmlinuz-*)");
        }
        if ((header.getShort(PROTOCOL) & 0xffff) < 0x208) {
            throw new VmException(file + ": a kernel image from before Linux 2.6.26");
        }
        // 0 stands for 4 sectors
        int sectors = header.get(SETUP_SECTS) == 0 ? 4 : header.get(SETUP_SECTS) & 0xff;
        long start = (sectors + 1L) * SECTOR;
        long payload = start + (header.getInt(PAYLOAD_OFFSET) & 0xffff_ffffL);
        long length = header.getInt(PAYLOAD_LENGTH) & 0xffff_ffffL;
        if (payload + length > channel.size()) {
            throw new VmException(file + ": the kernel image is cut off");
        }
        int at = header.getShort(KERNEL_VERSION) & 0xffff;
        return new BzImage(version(channel, at + 0x200, file), payload, length);
    }

    /** The first word of the text, which goes on with who built it. */
    private static String version(FileChannel channel, int at, Path file) throws IOException {
        ByteBuffer text = bytes(channel, at, LONGEST_VERSION + 1);
        StringBuilder version = new StringBuilder();
        while (text.hasRemaining()) {
            char c = (char) (text.get() & 0xff);
            if (c == ' ' || c == 0) {
                break;
            }
            boolean known =
                    c >= 'a' && c <= 'z'
                            || c >= 'A' && c <= 'Z'
                            || c >= '0' && c <= '9'
                            || "._+~-".indexOf(c) >= 0;
            if (!known) { // it becomes part of a path
                throw new VmException(file + ": the kernel image names no version");
            }
            version.append(c);
        }
        if (version.isEmpty() || version.length() > LONGEST_VERSION || version.charAt(0) == '.') {
            throw new VmException(file + ": the kernel image names no version");
        }
        return version.toString();
    }

    /** Up to so many bytes, fewer at the end of the file; little endian. */
    static ByteBuffer bytes(FileChannel channel, long at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) >= 0) {}
        return buffer.flip();
    }

    /**
     * Exactly so many bytes.
     *
     * @throws EOFException when the file ends before
     */
    static ByteBuffer wholly(FileChannel channel, long at, int length) throws IOException {
        ByteBuffer buffer = bytes(channel, at, length);
        if (buffer.limit() < length) {
            throw new EOFException("the file ends early");
        }
        return buffer;
    }
}
