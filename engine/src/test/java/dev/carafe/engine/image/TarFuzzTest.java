package dev.carafe.engine.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.ZipException;

class TarFuzzTest {
    /** Any bytes: either refused in one way, or read to their end. */
    @FuzzTest(maxDuration = "20s")
    void anyBytes(byte[] bytes) throws IOException {
        read(bytes);
    }

    /** Any bytes behind a right checksum, which chance would hardly find. */
    @FuzzTest(maxDuration = "20s")
    void anyHeader(byte[] bytes) throws IOException {
        byte[] tar = Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512 + 1024);
        for (int at = 0; at + 1024 < tar.length; at += 512) {
            TarBytes.Header header = TarBytes.header("", '0');
            System.arraycopy(tar, at, header.bytes, 0, 512);
            System.arraycopy(header.sealed(), 0, tar, at, 512);
        }
        read(tar);
    }

    /** Any bytes as compressed data: an IOException, or bytes. */
    @FuzzTest(maxDuration = "20s")
    void anyZstd(byte[] bytes) throws IOException {
        byte[] data = new byte[bytes.length + 4];
        System.arraycopy(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}, 0, data, 0, 4);
        System.arraycopy(bytes, 0, data, 4, bytes.length);
        try (InputStream in = Decompression.open(new ByteArrayInputStream(data))) {
            in.skip(1 << 20);
        } catch (ImageException | java.io.EOFException | ZipException e) {
            // refused
        }
    }

    private static void read(byte[] bytes) throws IOException {
        TarReader tar = TarBytes.reader(bytes);
        try {
            while (tar.next() != null) {
                while (tar.body() != null) {}
            }
        } catch (ImageException e) {
            // refused
        }
    }
}
