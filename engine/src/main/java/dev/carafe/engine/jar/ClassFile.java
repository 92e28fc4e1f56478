package dev.carafe.engine.jar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** What little is read of a class file (JVMS, chapter 4): its version, and its constants. */
final class ClassFile {
    private static final int MAGIC = 0xCAFEBABE;

    private ClassFile() {}

    /** The major version; 0 when it is no class file. */
    static int version(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return bytes.length < 10 || in.getInt(0) != MAGIC ? 0 : in.getShort(6) & 0xffff;
    }

    /** Hands over every constant text of the class: names, descriptors, strings. */
    static void constants(byte[] bytes, Consumer<String> taker) {
        if (version(bytes) == 0) {
            return;
        }
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes).position(8);
            int count = in.getShort() & 0xffff;
            for (int i = 1; i < count; i++) {
                int tag = in.get();
                switch (tag) {
                    case 1 -> {
                        int length = in.getShort() & 0xffff;
                        int from = in.position();
                        in.position(from + length);
                        taker.accept(new String(bytes, from, length, ISO_8859_1));
                    }
                    case 5, 6 -> {
                        in.position(in.position() + 8);
                        i++; // a long or double takes two places
                    }
                    case 7, 8, 16, 19, 20 -> in.position(in.position() + 2);
                    case 15 -> in.position(in.position() + 3);
                    default -> in.position(in.position() + 4);
                }
            }
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            // jdeps will say what is wrong with it
            return;
        }
    }
}
