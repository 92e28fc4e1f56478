package dev.carafe.engine.image;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** The files of layers as one tree: in a tar, or in a directory. */
public final class Export {
    private Export() {}

    /**
     * Writes the merged files as a tar. An ordinary user's files are root's in it.
     *
     * @param layers unpacked, top first, as {@link Image#layers} gives them
     * @param newest what later times become, in seconds since 1970
     * @param out is flushed, not closed
     */
    public static void tar(List<Path> layers, OptionalLong newest, OutputStream out)
            throws IOException {
        try (ByteSink sink = ByteSink.of(out, 256 * 1024)) {
            new MergedTree(new TarWriter(sink), Privilege.ofThisProcess(), newest).write(layers);
        }
    }

    /**
     * Writes the merged files into a directory, which is made when missing; files that are there
     * are replaced, others stay. Root keeps the owners; an ordinary user owns all, and gets no
     * devices.
     *
     * @param layers unpacked, top first
     */
    public static void directory(List<Path> layers, OptionalLong newest, Path into)
            throws IOException {
        boolean made = !Files.exists(into);
        Files.createDirectories(into);
        int mode;
        try (Fd root = Dir.open(into)) {
            mode = Node.need(root, "", into.toString()).permissions();
        }
        Privilege privilege = Privilege.ofThisProcess();
        Pipe pipe = new Pipe();
        Thread writer =
                Thread.ofPlatform()
                        .daemon()
                        .name("carafe-export")
                        .start(() -> pipe.run(layers, privilege, newest));
        try (Unpack unpack = new Unpack(into, privilege, null)) {
            unpack.all(new TarReader(pipe));
        } finally {
            writer.interrupt();
        }
        if (!made) {
            // the user's own directory: what is in it was wanted, not its mode
            try (Fd root = Dir.open(into)) {
                Native.check("chmod " + into, Sys.FCHMOD, root.number(), mode);
            }
        }
    }

    /** From the thread that reads the layers to the one that writes the files. */
    private static final class Pipe implements ByteSink, ByteSource {
        private static final int CHUNK = 256 * 1024;
        private static final int CHUNKS = 4;

        private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(CHUNKS);
        private final BlockingQueue<ByteBuffer> filled = new ArrayBlockingQueue<>(CHUNKS + 1);
        private ByteBuffer filling = ByteBuffer.allocateDirect(CHUNK);
        private @Nullable ByteBuffer reading;
        private volatile @Nullable IOException failure;
        private boolean ended;

        Pipe() {
            for (int i = 1; i < CHUNKS; i++) {
                free.add(ByteBuffer.allocateDirect(CHUNK));
            }
        }

        void run(List<Path> layers, Privilege privilege, OptionalLong newest) {
            try {
                new MergedTree(new TarWriter(this), privilege, newest).write(layers);
            } catch (InterruptedIOException e) {
                // the reader has given up
                return;
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException | Error e) {
                failure = new IOException(e);
            }
            // room is kept for it
            boolean _ = filled.offer(ByteBuffer.allocateDirect(0));
        }

        @Override
        public ByteBuffer room() throws IOException {
            if (!filling.hasRemaining()) {
                filled.add(filling.flip());
                try {
                    filling = free.take().clear();
                } catch (InterruptedException e) {
                    throw (IOException) new InterruptedIOException("interrupted").initCause(e);
                }
            }
            return filling;
        }

        @Override
        public void finish() {
            if (filling.position() > 0) {
                filled.add(filling.flip());
            }
        }

        @Override
        public @Nullable ByteBuffer next() throws IOException {
            if (ended) {
                return null;
            }
            if (reading != null && reading.capacity() > 0) {
                free.add(reading);
            }
            try {
                ByteBuffer chunk = filled.take();
                reading = chunk;
                ended = chunk.capacity() == 0;
                IOException told = failure;
                if (ended && told != null) {
                    throw told;
                }
                return ended ? null : chunk;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (IOException)
                        new InterruptedIOException("interrupted while exporting").initCause(e);
            }
        }

        @Override
        public void close() {}
    }
}
