package dev.carafe.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Streams over descriptors of pipes and terminals. A read or write blocks its platform thread in
 * the kernel.
 */
public final class FdStreams {
    private static final int CHUNK = 32 * 1024;

    private FdStreams() {}

    /** Reads until the pipe's end; EIO, a terminal whose last user has gone, is an end too. */
    public static InputStream input(Fd fd) {
        return new Input(fd);
    }

    /** Writes everything it is given. */
    public static OutputStream output(Fd fd) {
        return new Output(fd);
    }

    private static final class Input extends InputStream {
        private final Fd fd;

        Input(Fd fd) {
            this.fd = fd;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int most = Math.min(length, CHUNK);
            try (Memory memory = Memory.borrow()) {
                long buffer = memory.reserve(most);
                long got = Native.check("read", Sys.READ, fd.number(), buffer, most);
                if (got == 0) {
                    return -1;
                }
                memory.view(buffer, most).get(bytes, offset, (int) got);
                return (int) got;
            } catch (ErrnoException e) {
                if (e.errno() == Errno.EIO) {
                    return -1;
                }
                throw e;
            }
        }

        @Override
        public void close() {
            fd.close();
        }
    }

    private static final class Output extends OutputStream {
        private final Fd fd;

        Output(Fd fd) {
            this.fd = fd;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int done = 0;
            while (done < length) {
                int most = Math.min(length - done, CHUNK);
                try (Memory memory = Memory.borrow()) {
                    long buffer = memory.reserve(most);
                    memory.view(buffer, most).put(bytes, offset + done, most);
                    done += (int) Native.check("write", Sys.WRITE, fd.number(), buffer, most);
                }
            }
        }

        @Override
        public void close() {
            fd.close();
        }
    }
}
