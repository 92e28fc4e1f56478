package dev.carafe.engine.build;

import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Digests of files of contexts, remembered by device, inode, size and both times, so that an
 * unchanged context need not be read again. A file that changed within the last two seconds is not
 * remembered: another change in the same tick of the file system's clock would not show.
 */
final class FileDigests {
    private static final int RECORD = 8 * 5 + 32;
    private static final int MOST = 200_000;
    private static final long RACY_SECONDS = 2;

    private final Path file;
    private final Map<Key, String> known = new HashMap<>();
    private boolean changed;

    private record Key(long device, long inode, long size, long mtime, long ctime) {
        // written out: linking a record's own at their first call costs a cold start 18 ms
        @Override
        public boolean equals(Object other) {
            return other instanceof Key k
                    && k.inode == inode
                    && k.ctime == ctime
                    && k.mtime == mtime
                    && k.size == size
                    && k.device == device;
        }

        @Override
        public int hashCode() {
            return (int) (inode * 31 + ctime);
        }
    }

    /** Reads what the last build remembered; a file that is damaged is as good as none. */
    FileDigests(Path file) throws IOException {
        this.file = file;
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte[] digest = new byte[32];
        while (in.remaining() >= RECORD) {
            Key key = new Key(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
            in.get(digest);
            known.put(key, HexFormat.of().formatHex(digest));
        }
    }

    /** The digest of a regular file. */
    synchronized String of(Fd parent, String name, String path, At.Info info) throws IOException {
        Key key = key(info);
        String digest = known.get(key);
        if (digest != null) {
            return digest;
        }
        try (Fd open = Source.read(parent, name, path)) {
            At.Info before = At.stat(open);
            digest = Hash.ofFile(open, path);
            if (isSettled(before) && key(At.stat(open)).equals(key(before))) {
                known.put(key(before), digest);
                changed = true;
            }
            return digest;
        }
    }

    /** The digest of a regular file, not remembered. */
    static String read(Fd parent, String name, String path) throws IOException {
        try (Fd open = Source.read(parent, name, path)) {
            return Hash.ofFile(open, path);
        }
    }

    private static Key key(At.Info info) {
        return new Key(
                info.device(),
                info.inode(),
                info.size(),
                info.mtime() * 1_000_000_000 + info.mtimeNanos(),
                info.ctime() * 1_000_000_000 + info.ctimeNanos());
    }

    private static boolean isSettled(At.Info info) {
        long now = Instant.now().getEpochSecond();
        return Math.max(info.mtime(), info.ctime()) < now - RACY_SECONDS;
    }

    /** Writes what is new, for the next build. */
    synchronized void save() throws IOException {
        if (!changed) {
            return;
        }
        ByteBuffer out = ByteBuffer.allocate(Math.min(known.size(), MOST) * RECORD);
        for (Map.Entry<Key, String> entry : known.entrySet()) {
            if (!out.hasRemaining()) {
                break;
            }
            Key key = entry.getKey();
            out.putLong(key.device).putLong(key.inode).putLong(key.size);
            out.putLong(key.mtime).putLong(key.ctime);
            out.put(HexFormat.of().parseHex(entry.getValue()));
        }
        Path fresh = file.resolveSibling("files." + ProcessHandle.current().pid());
        Files.write(fresh, out.array());
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        changed = false;
    }
}
