package dev.carafe.engine.vm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Makes small kernels for tests: an ELF file, and the bzImage around a compressed one. */
final class KernelFile {
    private static final int SETUP = 2048;
    private static final int OFFSET = 32;

    private KernelFile() {}

    /** An ELF file with one segment of so many bytes and, if asked for, the note of PVH. */
    static byte[] elf(int size, boolean pvh) {
        ByteBuffer elf = ByteBuffer.allocate(512 + size).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C457F).put(4, (byte) 2).putShort(18, (short) 62);
        elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putInt(64, 1).putLong(64 + 8, 512).putLong(64 + 32, size);
        elf.putInt(120, 4).putLong(120 + 8, 256).putLong(120 + 32, 60);
        note(elf, 256, 5, 1, "GNU\0");
        note(elf, 280, 7, pvh ? 18 : 17, "Xen\0");
        for (int i = 0; i < size; i++) {
            elf.put(512 + i, (byte) (i * 31 >> 3));
        }
        return elf.array();
    }

    private static void note(ByteBuffer elf, int at, int size, int type, String name) {
        elf.putInt(at, 4).putInt(at + 4, size).putInt(at + 8, type);
        elf.put(at + 12, name.getBytes(StandardCharsets.US_ASCII));
    }

    /** A bzImage; the plain size is appended to the payload, as the kernel's build does. */
    static byte[] bzImage(String version, byte[] payload, int plain) {
        ByteBuffer image =
                ByteBuffer.allocate(SETUP + OFFSET + payload.length + 4 + 100)
                        .order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1f1, (byte) (SETUP / 512 - 1));
        image.putShort(0x1fe, (short) 0xAA55).putInt(0x202, 0x53726448);
        image.putShort(0x206, (short) 0x20f).putShort(0x20e, (short) 0x300);
        image.putInt(0x248, OFFSET).putInt(0x24c, payload.length + 4);
        image.put(0x500, (version + " (someone@somewhere) #1").getBytes(StandardCharsets.US_ASCII));
        image.put(SETUP + OFFSET, payload).putInt(SETUP + OFFSET + payload.length, plain);
        return image.array();
    }

    /** A legacy frame whose blocks are literals only. */
    static byte[] lz4(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(int32(0x184C2102));
        for (int at = 0; at < plain.length; at += 8 << 20) {
            int length = Math.min(8 << 20, plain.length - at);
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            block.write(Math.min(length, 15) << 4);
            int left = length - 15;
            for (; left >= 255; left -= 255) {
                block.write(255);
            }
            if (left >= 0) {
                block.write(left);
            }
            block.write(plain, at, length);
            out.writeBytes(int32(block.size()));
            out.writeBytes(block.toByteArray());
        }
        return out.toByteArray();
    }

    static byte[] int32(int value) {
        return new byte[] {
            (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
        };
    }
}
