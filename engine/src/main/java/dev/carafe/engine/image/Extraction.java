package dev.carafe.engine.image;

import dev.carafe.linux.Fd;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Unpacks an ordinary archive, one that is no layer: names with {@code .wh.} mean nothing, and what
 * is there is replaced as tar does. As hostile as a layer: see {@link Tree}.
 */
public final class Extraction {
    private static final int PIECE = 256 * 1024;
    private static final int HEAD = 512;
    private static final int MAGIC = 257;
    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final byte[] ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
    private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    private static final byte[] BZIP2 = {'B', 'Z', 'h'};

    private Extraction() {}

    /** Whose all files become. */
    public record Owner(int uid, int gid) {}

    /**
     * Whether a file is a tar, plain or compressed with gzip or zstd.
     *
     * @param shown what messages call the file
     * @throws ImageException when it is compressed with what can't be unpacked here
     */
    public static boolean isArchive(InputStream file, String shown) throws IOException {
        BufferedInputStream in = new BufferedInputStream(file);
        in.mark(HEAD);
        byte[] head = in.readNBytes(HEAD);
        in.reset();
        if (begins(head, XZ) || begins(head, BZIP2)) {
            throw new ImageException(
                    shown
                            + ": ADD can't unpack xz and bzip2; compress it with gzip or zstd, or"
                            + " use COPY and unpack it in a RUN");
        }
        if (!begins(head, GZIP) && !begins(head, ZSTD)) {
            return isTar(head);
        }
        try {
            return isTar(Decompression.open(in).readNBytes(HEAD));
        } catch (IOException e) {
            return false; // something else that begins alike
        }
    }

    private static boolean begins(byte[] head, byte[] magic) {
        return head.length >= magic.length
                && Arrays.equals(head, 0, magic.length, magic, 0, magic.length);
    }

    private static boolean isTar(byte[] head) {
        return head.length == HEAD
                && head[MAGIC] == 'u'
                && head[MAGIC + 1] == 's'
                && head[MAGIC + 2] == 't'
                && head[MAGIC + 3] == 'a'
                && head[MAGIC + 4] == 'r';
    }

    /**
     * Unpacks into a directory.
     *
     * @param directory open for reading; stays open
     * @param archive plain, gzip or zstd
     */
    public static void into(Fd directory, InputStream archive, Optional<Owner> owner)
            throws IOException {
        Privilege privilege = Privilege.ofThisProcess();
        try (LayerStream stream = new LayerStream(ByteSource.of(archive, PIECE));
                Unpack unpack = Unpack.plain(directory, privilege, owner)) {
            unpack.all(new TarReader(stream));
        }
    }
}
