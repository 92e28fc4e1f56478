package dev.carafe.engine.build;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A SHA-256 over a sequence of fields. Each is preceded by its length, so that no two sequences
 * give the same bytes.
 */
final class Hash {
    private static final int PIECE = 60 * 1024;

    private final MessageDigest digest = sha256();

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    Hash put(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return put(bytes.length).raw(bytes);
    }

    Hash put(long number) {
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (number >>> 8 * i);
        }
        return raw(bytes);
    }

    Hash put(List<String> texts) {
        put(texts.size());
        for (String text : texts) {
            put(text);
        }
        return this;
    }

    private Hash raw(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /** 64 hexadecimal digits; nothing may be added after. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The digest of all that can be read from a file. */
    static String ofFile(Fd file, String shown) throws ErrnoException {
        MessageDigest digest = sha256();
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(PIECE);
            ByteBuffer view = memory.view(buffer, PIECE);
            byte[] bytes = new byte[PIECE];
            int n;
            while ((n =
                            (int)
                                    Native.check(
                                            "read " + At.shown(shown),
                                            Sys.READ,
                                            file.number(),
                                            buffer,
                                            PIECE))
                    > 0) {
                view.get(0, bytes, 0, n);
                digest.update(bytes, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
