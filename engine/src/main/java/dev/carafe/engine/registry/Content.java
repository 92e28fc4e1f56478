package dev.carafe.engine.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Bytes to send that can be read again, from any place, when sending has to be repeated. */
public interface Content {
    /** How many bytes there are. */
    long size() throws IOException;

    /** The bytes from that position on; the reader closes it. */
    InputStream open(long from) throws IOException;

    /** A file's content, which must not change meanwhile. */
    static Content of(Path file) {
        return new Content() {
            @Override
            public long size() throws IOException {
                return Files.size(file);
            }

            @Override
            public InputStream open(long from) throws IOException {
                InputStream in = Files.newInputStream(file);
                try {
                    in.skipNBytes(from);
                    return new BufferedInputStream(in, 1 << 16);
                } catch (IOException e) {
                    in.close();
                    throw e;
                }
            }
        };
    }

    /** These bytes. */
    static Content of(byte[] bytes) {
        return new Content() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public InputStream open(long from) {
                return new ByteArrayInputStream(bytes, (int) from, bytes.length - (int) from);
            }
        };
    }
}
