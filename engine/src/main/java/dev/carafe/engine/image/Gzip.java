package dev.carafe.engine.image;

import dev.carafe.engine.image.BlockCompressor.Coder;
import dev.carafe.engine.image.BlockCompressor.Encoded;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * One gzip member (RFC 1952) of blocks that are compressed apart, each with the end of the one
 * before as its dictionary, as pigz does.
 */
final class Gzip implements BlockCompressor.Format {
    private static final int BLOCK = 128 * 1024;
    private static final int DICTIONARY = 32 * 1024;

    /** CRC-32's polynomial, the lowest power in the highest bit. */
    private static final int POLYNOMIAL = 0xEDB88320;

    private final int level;
    private int crc;
    private long total;

    /**
     * @param level 1, the fastest, to 9, the smallest
     */
    Gzip(int level) {
        this.level = level;
    }

    @Override
    public int blockSize() {
        return BLOCK;
    }

    @Override
    public void begin(OutputStream out) throws IOException {
        // no name, no time, and from an unknown system: the same bytes each time
        out.write(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255});
    }

    @Override
    public Coder coder() {
        return new Block(new Deflater(level, true));
    }

    @Override
    public void written(Encoded block) {
        crc = combine(crc, block.crc, block.length);
        total += block.length;
    }

    @Override
    public void end(OutputStream out) throws IOException {
        ByteBuffer trailer = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        out.write(trailer.putInt(crc).putInt((int) total).array());
    }

    /** The CRC of two pieces of data, one behind the other. */
    static int combine(int first, int second, int secondLength) {
        // the first one moves up by so many bits: times x to that power
        return multiply(power(8L * secondLength), first) ^ second;
    }

    /** x to a power, modulo the polynomial. */
    private static int power(long exponent) {
        int result = 1 << 31;
        int square = 1 << 30;
        for (long left = exponent; left > 0; left >>= 1) {
            if ((left & 1) != 0) {
                result = multiply(square, result);
            }
            square = multiply(square, square);
        }
        return result;
    }

    /** The product of two polynomials, modulo the polynomial. */
    private static int multiply(int a, int b) {
        int product = 0;
        int shifted = b;
        for (int bit = 31; bit >= 0; bit--) {
            product ^= (a >> bit & 1) == 0 ? 0 : shifted;
            shifted = (shifted & 1) == 0 ? shifted >>> 1 : shifted >>> 1 ^ POLYNOMIAL;
        }
        return product;
    }

    private record Block(Deflater deflater) implements Coder {
        @Override
        public Encoded encode(byte[] block, int length, byte[] before, boolean last) {
            CRC32 sum = new CRC32();
            sum.update(block, 0, length);
            deflater.reset();
            int dictionary = Math.min(DICTIONARY, before.length);
            deflater.setDictionary(before, before.length - dictionary, dictionary);
            deflater.setInput(block, 0, length);
            int flush = Deflater.SYNC_FLUSH;
            if (last) {
                deflater.finish();
                flush = Deflater.NO_FLUSH;
            }
            // more than what can't be compressed takes, so one call is enough
            byte[] out = new byte[length + length / 8 + 1024];
            int n = deflater.deflate(out, 0, out.length, flush);
            return new Encoded(Arrays.copyOf(out, n), (int) sum.getValue(), length);
        }

        @Override
        public void close() {
            deflater.end();
        }
    }
}
