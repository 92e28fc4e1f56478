package dev.carafe.engine.image;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Where things are in the store, and how a file gets there: whole, or not at all. */
record Layout(Path root) {
    /** The annotation of an image's name in an OCI layout. */
    static final String NAME = "org.opencontainers.image.ref.name";

    /** The image's id beside it, which saves a cold start from reading the manifest. */
    static final String ID = "dev.carafe.image.id";

    /** The digest of the index by which a name led to its image, where that was so. */
    static final String INDEX = "dev.carafe.image.index";

    private static final String VERSION = "{\"imageLayoutVersion\":\"1.0.0\"}";

    /** Layers hold setuid programs, which no other user may reach (CVE-2021-41091). */
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    static final String EMPTY_LAYER = "empty";

    /** So many layers fit into one overlay mount under any root of usual length. */
    private static final int FEW = 24;

    static Layout open(Path root) throws IOException {
        Layout layout = new Layout(root);
        if (!Files.exists(layout.version())) {
            layout.create();
        }
        return layout;
    }

    private void create() throws IOException {
        Files.createDirectories(root, PRIVATE);
        Files.createDirectories(blobs());
        Files.createDirectories(tmp(), PRIVATE);
        Files.createDirectories(layers(), PRIVATE);
        Files.createDirectories(layers().resolve(EMPTY_LAYER).resolve("fs"));
        try (StoreLock _ = StoreLock.exclusive(lock())) {
            if (!Files.exists(index())) {
                write(index(), new Index(List.of()).json().bytes());
            }
            write(version(), VERSION.getBytes(StandardCharsets.UTF_8));
        }
    }

    Path lock() {
        return root.resolve("lock");
    }

    /** What running operations use, a file each; see {@link Lease}. */
    Path leases() {
        return root.resolve("leases");
    }

    /** Blobs on their way in; see {@link Ingest}. */
    Path ingest() {
        return root.resolve("ingest");
    }

    /** A directory that stores of earlier versions don't have. */
    static Path made(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            Files.createDirectories(directory, PRIVATE);
        }
        return directory;
    }

    Path tmp() {
        return root.resolve("tmp");
    }

    Path layers() {
        return root.resolve("layers");
    }

    /** Images' files as file systems; see {@link RootImages}. */
    Path roots() {
        return root.resolve("roots");
    }

    /** The skeletons of the built-in image. */
    Path hosts() {
        return root.resolve("host");
    }

    /** Whether there is a skeleton of this name. */
    boolean hasHost(String name) {
        return !name.isEmpty() && Files.exists(hosts().resolve(name));
    }

    Path blobs() {
        return root.resolve("blobs").resolve("sha256");
    }

    Path blob(Digest digest) {
        return root.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
    }

    private Path version() {
        return root.resolve("oci-layout");
    }

    private Path index() {
        return root.resolve("index.json");
    }

    /** Reads index.json, which is only ever replaced whole, so no lock is needed. */
    Index readIndex() throws ImageException {
        try {
            return Index.parse("index.json", Files.readAllBytes(index()));
        } catch (IOException | OciException e) {
            throw new ImageException("the image store " + root + ": " + message(e), e);
        }
    }

    /** Replaces index.json; the caller holds the exclusive lock. */
    void writeIndex(List<Descriptor> manifests) throws IOException {
        write(index(), new Index(manifests).json().bytes());
    }

    Manifest readManifest(Digest digest) throws ImageException {
        try {
            return Manifest.parse("manifest " + digest, readBlob(digest));
        } catch (OciException e) {
            throw new ImageException(message(e), e);
        }
    }

    ImageConfig readConfig(Digest id) throws ImageException {
        try {
            return ImageConfig.parse("image " + id, readBlob(id));
        } catch (OciException e) {
            throw new ImageException(message(e), e);
        }
    }

    private byte[] readBlob(Digest digest) throws ImageException {
        try {
            return Files.readAllBytes(blob(digest));
        } catch (NoSuchFileException e) {
            throw new ImageException("the image store " + root + " has lost blob " + digest, e);
        } catch (IOException e) {
            throw new ImageException(
                    "the image store " + root + ": blob " + digest + ": " + message(e), e);
        }
    }

    /** The unpacked layers of an image, top first. */
    List<Path> layersOf(String image, List<Digest> diffIds) throws ImageException {
        List<Path> lowestFirst = new ArrayList<>();
        for (int i = 0; i < diffIds.size(); i++) {
            lowestFirst.add(unpacked(image, diffIds, i).resolve("fs"));
        }
        List<Path> topFirst = new ArrayList<>();
        Set<Path> seen = new HashSet<>();
        Collections.reverse(lowestFirst);
        for (Path layer : lowestFirst) {
            // overlayfs refuses a directory twice; what the lower one holds, the upper one shows
            // again
            if (seen.add(layer)) {
                topFirst.add(layer);
            }
        }
        if (topFirst.isEmpty()) {
            topFirst.add(layer(EMPTY_LAYER).resolve("fs"));
        }
        return topFirst;
    }

    /** Where one of an image's layers is unpacked, alone or for those below it. */
    Path unpacked(String image, List<Digest> diffIds, int index) throws ImageException {
        Path layer = layer(diffIds.get(index).hex());
        if (!Files.exists(layer)) {
            layer = layer(chain(diffIds, index));
        }
        if (!Files.exists(layer)) {
            throw new ImageException(
                    "image "
                            + image
                            + ": layer "
                            + diffIds.get(index)
                            + " is not in the store; load the image again");
        }
        return layer;
    }

    /**
     * The same directories by names that are short enough for one overlay mount, whose data is a
     * page: links of 16 characters, when there are more than a few layers.
     */
    List<Path> shortNames(List<Path> layers) throws IOException {
        if (layers.size() <= FEW) {
            return layers;
        }
        Files.createDirectories(links());
        List<Path> names = new ArrayList<>();
        for (Path fs : layers) {
            String name = String.valueOf(Objects.requireNonNull(fs.getParent()).getFileName());
            Path target = Path.of("..", "layers", name, "fs");
            Path link = links().resolve(name.substring(0, Math.min(16, name.length())));
            try {
                Files.createSymbolicLink(link, target);
            } catch (FileAlreadyExistsException e) {
                if (!Files.readSymbolicLink(link).equals(target)) {
                    link = fs; // two layers whose digests begin alike
                }
            }
            names.add(link);
        }
        return names;
    }

    /** Tells, in an unpacked layer's directory, that this host made the layer. */
    static Path builtHere(Path layer) {
        return layer.resolve("built-here");
    }

    Path links() {
        return root.resolve("links");
    }

    Path layer(String name) {
        return layers().resolve(name);
    }

    /** A file in a layer's directory: a build cache needs the layer, whatever images there are. */
    static Path kept(Path layer) {
        return layer.resolve("kept");
    }

    boolean isShared(String layerName) {
        return layerName.equals(EMPTY_LAYER);
    }

    /** The name of a layer that only makes sense on top of those below it (image-spec, ChainID). */
    static String chain(List<Digest> diffIds, int index) {
        return chainId(diffIds, index).hex();
    }

    static Digest chainId(List<Digest> diffIds, int index) {
        Digest chain = diffIds.get(0);
        for (int i = 1; i <= index; i++) {
            chain = Digest.sha256((chain + " " + diffIds.get(i)).getBytes(StandardCharsets.UTF_8));
        }
        return chain;
    }

    /**
     * Writes a small file so that, whenever the machine stops, it is the old one or the new one.
     */
    static void write(Path path, byte[] bytes) throws IOException {
        Path temporary = path.resolveSibling("." + path.getFileName() + ".new");
        try (FileChannel file =
                FileChannel.open(
                        temporary,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
            file.force(true);
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        sync(path.resolveSibling("."));
    }

    /** fsync(2) of a directory: makes the names in it last. */
    static void sync(Path directory) throws ErrnoException {
        try (Fd fd = Dir.open(directory)) {
            Native.check("fsync " + directory, Sys.FSYNC, fd.number());
        }
    }

    static String message(Exception e) {
        String message = e.getMessage();
        String text = message == null ? e.getClass().getSimpleName() : message;
        return e instanceof NoSuchFileException ? text + ": no such file" : text;
    }
}
