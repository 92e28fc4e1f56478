package dev.carafe.engine.image;

import dev.carafe.oci.image.MediaType;
import java.io.IOException;
import java.io.OutputStream;

/** How a layer's tar is compressed. */
public enum Compression {
    NONE(MediaType.LAYER),
    GZIP(MediaType.LAYER_GZIP),
    ZSTD(MediaType.LAYER_ZSTD);

    /** What gzip itself takes. */
    public static final int GZIP_LEVEL = 6;

    private final String mediaType;

    Compression(String mediaType) {
        this.mediaType = mediaType;
    }

    /** The media type of a layer that is compressed so. */
    public String mediaType() {
        return mediaType;
    }

    /**
     * Compresses on all processors. The same bytes give the same output, on whatever machine, for
     * gzip as long as the JDK's zlib is the same. Closing the stream ends the compressed data and
     * leaves {@code out} open.
     *
     * @param level of gzip, 1 to 9; the others have none
     */
    public OutputStream compress(OutputStream out, int level) throws IOException {
        int threads = Runtime.getRuntime().availableProcessors();
        return switch (this) {
            case NONE -> new Plain(out);
            case GZIP -> new BlockCompressor(out, new Gzip(level), threads);
            case ZSTD -> new BlockCompressor(out, new BlockCompressor.Zstd(), threads);
        };
    }

    /** As it is; closing it does not close what is behind. */
    private static final class Plain extends OutputStream {
        private final OutputStream out;

        Plain(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            out.flush();
        }
    }
}
