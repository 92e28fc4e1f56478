package dev.carafe.engine.vm;

import dev.carafe.engine.image.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * A kernel module to load.
 *
 * @param name as in /proc/modules, with {@code _} and without an ending
 * @param file where it lies on the host, perhaps compressed: .ko, .ko.gz, .ko.xz or .ko.zst
 * @param optional whether the kernel does without it: a soft dependency, such as a faster version
 *     for some processors, whose loading may fail
 */
public record KernelModule(String name, Path file, boolean optional) {
    /** The flag of finit_module(2) for a module that is {@link #compressed} (Linux 5.17). */
    public static final int MODULE_INIT_COMPRESSED_FILE = 4;

    /**
     * Whether {@link #bytes} are still compressed, by xz, which only the kernel can undo: load them
     * with {@link #MODULE_INIT_COMPRESSED_FILE}, which takes a kernel with CONFIG_MODULE_DECOMPRESS
     * and CONFIG_MODULE_COMPRESS_XZ.
     */
    public boolean compressed() {
        return file.toString().endsWith(".xz");
    }

    /** The module, decompressed where it is compressed by gzip or zstd. */
    public byte[] bytes() throws IOException {
        String path = file.toString();
        boolean gzip = path.endsWith(".gz");
        if (!gzip && !path.endsWith(".zst")) {
            return Files.readAllBytes(file);
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
                InputStream plain = gzip ? new GZIPInputStream(in) : new ZstdInputStream(in)) {
            return plain.readAllBytes();
        } catch (IOException e) {
            throw new VmException("kernel module " + file + ": " + e.getMessage(), e);
        }
    }
}
