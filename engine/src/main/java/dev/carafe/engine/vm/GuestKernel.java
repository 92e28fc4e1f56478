package dev.carafe.engine.vm;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * The kernel that a machine runs: a distribution's packaged one, which is a bzImage in /boot with
 * its modules in /lib/modules, or any that the user names.
 *
 * @param file the bzImage
 * @param version its release, from its header
 * @param modules the directory of its modules; it may be missing for a named kernel
 */
public record GuestKernel(Path file, String version, Path modules) {
    private static final Path BOOT = Path.of("/boot");
    private static final Path MODULES = Path.of("/lib/modules");
    private static final String PREFIX = "vmlinuz-";

    /**
     * What a hypervisor is given to boot.
     *
     * @param file the uncompressed kernel, or the bzImage
     * @param pvh whether it is the uncompressed kernel, entered by the PVH protocol; else the
     *     kernel decompresses itself in the guest
     */
    public record Image(Path file, boolean pvh) {}

    /**
     * The newest kernel in /boot that has modules.
     *
     * @throws VmException when there is none that this user can read, with what to do
     */
    public static GuestKernel newest() throws IOException {
        return newest(BOOT, MODULES);
    }

    static GuestKernel newest(Path boot, Path modules) throws IOException {
        String reason = boot + " has no " + PREFIX + "*";
        for (Path file : candidates(boot)) {
            if (!Files.isReadable(file)) {
                reason = file + " is not readable for this user (chmod a+r " + file + ")";
                continue;
            }
            try {
                GuestKernel kernel = of(file, modules);
                if (Files.exists(kernel.modules.resolve("modules.dep"))) {
                    return kernel;
                }
                reason = file + " has no modules in " + kernel.modules;
            } catch (VmException e) {
                reason = String.valueOf(e.getMessage());
            }
        }
        throw new VmException(
                "no kernel for machines: "
                        + reason
                        + "; install one (apt-get install linux-image-cloud-amd64) or name one"
                        + " (--kernel FILE)");
    }

    /** The newest first, by their names. */
    private static List<Path> candidates(Path boot) throws IOException {
        List<String> versions = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(boot)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.startsWith(PREFIX)) {
                    versions.add(name.substring(PREFIX.length()));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        versions.sort(new VersionOrder().reversed().thenComparing(Comparator.naturalOrder()));
        List<Path> candidates = new ArrayList<>(versions.size());
        for (String version : versions) {
            candidates.add(boot.resolve(PREFIX + version));
        }
        return candidates;
    }

    /**
     * The kernel in a file.
     *
     * @throws VmException when it is no bzImage
     */
    public static GuestKernel of(Path file) throws IOException {
        return of(file, MODULES);
    }

    static GuestKernel of(Path file, Path modules) throws IOException {
        try (FileChannel channel = open(file)) {
            String version = BzImage.read(channel, file).version();
            return new GuestKernel(file, version, modules.resolve(version));
        }
    }

    private static FileChannel open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new VmException("kernel " + file + ": it is a directory");
        }
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new VmException("kernel " + file + ": there is no such file", e);
        } catch (IOException e) {
            throw new VmException("kernel " + file + ": it can't be read by this user", e);
        }
    }

    /**
     * Text that changes when the kernel or its list of modules does: their devices, inodes, sizes
     * and times. Fit for the key of a cache, and, without a slash, for a file's name.
     */
    public String identity() throws IOException {
        Path dep = modules.resolve("modules.dep");
        return version + "-" + identity(file) + (Files.exists(dep) ? "-" + identity(dep) : "");
    }

    /** The same of a single file. */
    static String identity(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        StringBuilder text = new StringBuilder();
        String key = String.valueOf(attributes.fileKey()); // (dev=fe01,ino=1234)
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c >= '0' && c <= '9' || c >= 'a' && c <= 'z') {
                text.append(c);
            }
        }
        return text.append('.')
                .append(attributes.size())
                .append('.')
                .append(attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS))
                .toString();
    }

    /**
     * What to boot: the uncompressed kernel when it can be had and entered, else the bzImage. The
     * uncompressed one is made once and kept.
     *
     * @param cache the directory to keep it in, which is made
     */
    public Image image(Path cache) throws IOException {
        try (FileChannel channel = open(file)) {
            BzImage header = BzImage.read(channel, file);
            String name = "vmlinux-" + version + "-" + identity(file);
            Path vmlinux = extract(channel, header, cache, name);
            return vmlinux != null && Vmlinux.pvh(vmlinux)
                    ? new Image(vmlinux, true)
                    : new Image(file, false);
        }
    }

    private @Nullable Path extract(FileChannel channel, BzImage header, Path cache, String name)
            throws IOException {
        try {
            return Vmlinux.extract(channel, header, cache, name);
        } catch (VmException | ZipException | EOFException e) {
            throw new VmException("kernel " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * The modules to load so that these are there, in the order of loading: what they depend on
     * first, without those built into the kernel.
     *
     * @param wanted names with {@code -} or {@code _}
     * @throws VmException naming all that the kernel lacks
     */
    public List<KernelModule> modules(List<String> wanted) throws IOException {
        if (wanted.isEmpty()) {
            return List.of();
        }
        if (!Files.isDirectory(modules)) {
            throw new VmException(
                    "kernel "
                            + file
                            + ": its modules are not in "
                            + modules
                            + " (make modules_install puts them there, and the list of what is built"
                            + " in)");
        }
        return ModuleIndex.read(modules).files(wanted);
    }
}
