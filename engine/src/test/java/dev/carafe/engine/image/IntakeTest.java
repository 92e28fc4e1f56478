package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.TransferListener.Phase;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.image.Platform;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images on their way in, from a shelf that errs as networks and registries do. */
@Timeout(60)
class IntakeTest {
    private static final ImageStore.Users NOBODY = id -> List.of();

    @TempDir Path directory;
    private ImageStore store;
    private final Shelf shelf = new Shelf();

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("store"));
    }

    private Image take(Delivery delivery, BlobSource source) throws IOException {
        return store.take(delivery, source, TransferListener.SILENT, 3, 1);
    }

    private static byte[] tar(String... files) {
        TarBytes tar = new TarBytes();
        for (String file : files) {
            tar.file(file, file);
        }
        return tar.end();
    }

    /** A tar that gzip can't make much smaller. */
    private static byte[] large(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(1).nextBytes(noise);
        return new TarBytes().file("noise", noise).end();
    }

    private static String text(Image image, String path) throws IOException {
        byte[] bytes = image.view().readFile(path);
        assertNotNull(bytes, path);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Everything but the locks and what a later pull may go on with. */
    private List<String> contents() throws IOException {
        List<String> found = new ArrayList<>();
        try (var paths = Files.walk(store.root())) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = store.root().relativize(path).toString();
                if (!name.startsWith("ingest") && !name.equals("leases")) {
                    found.add(name + (name.equals("index.json") ? Files.readString(path) : ""));
                }
            }
        }
        return found.stream().sorted().toList();
    }

    private List<String> partials() throws IOException {
        Path ingest = store.root().resolve("ingest");
        if (!Files.exists(ingest)) {
            return List.of();
        }
        try (var paths = Files.list(ingest)) {
            return paths.map(path -> String.valueOf(path.getFileName())).sorted().toList();
        }
    }

    /** Fails as it should, and leaves no image, blob, layer, lease or staging directory. */
    private String refused(Delivery delivery, BlobSource source) throws IOException {
        List<String> before = contents();
        IOException e = assertThrows(IOException.class, () -> take(delivery, source));
        assertEquals(before, contents());
        try (var leases = Files.list(store.root().resolve("leases"))) {
            assertEquals(0, leases.count());
        }
        String message = String.valueOf(e.getMessage());
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void layersOfEveryCompressionBecomeOneImage() throws IOException {
        shelf.layer(tar("plain"), tar("plain"));
        shelf.layer(tar("gzip"));
        byte[] two = tar("members");
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.write(Shelf.gzip(java.util.Arrays.copyOf(two, 100)));
        members.write(Shelf.gzip(java.util.Arrays.copyOfRange(two, 100, two.length)));
        members.write(Shelf.gzip(new byte[0]));
        members.write(new byte[10]);
        shelf.layer(two, members.toByteArray());
        shelf.layer(tar("zstd"), zstd(tar("zstd"), false));
        shelf.layer(tar("chunked"), zstd(tar("chunked"), true));
        Image image = take(shelf.image("localhost:5000/all:1"), shelf);
        for (String file : List.of("plain", "gzip", "members", "zstd", "chunked")) {
            assertEquals(file, text(image, file));
        }
        assertEquals(List.of("localhost:5000/all:1"), image.names());
        assertEquals(List.of(), partials());
        assertEquals(image.id(), store.resolve("localhost:5000/all:1").id());
    }

    /** Raw blocks, with the frames that zstd:chunked puts around them or without. */
    private static byte[] zstd(byte[] bytes, boolean chunked) {
        ByteBuffer out = ByteBuffer.allocate(bytes.length + 64).order(ByteOrder.LITTLE_ENDIAN);
        if (chunked) {
            out.putInt(0x184D2A50).putInt(3).put(new byte[3]);
        }
        out.putInt(0xFD2FB528).put((byte) 0xA0).putInt(bytes.length);
        int header = 1 | bytes.length << 3;
        out.put((byte) header).put((byte) (header >> 8)).put((byte) (header >> 16)).put(bytes);
        if (chunked) {
            out.putInt(0x184D2A50).putInt(8).put(new byte[8]);
        }
        return java.util.Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void whatIsThereIsNotFetchedAgain() throws IOException {
        shelf.layer(tar("base"));
        take(shelf.image("localhost/base:1"), shelf);
        shelf.opened.clear();
        Descriptor top = shelf.layer(tar("top"));
        Image image = take(shelf.image("localhost/top:1"), shelf);
        assertEquals("base", text(image, "base"));
        assertEquals(2, shelf.opened.size(), "a configuration and a layer: " + shelf.opened);
        assertTrue(
                shelf.opened.contains(top.digest().hex().substring(0, 8) + " from 0"),
                shelf.opened.toString());
        shelf.opened.clear();
        take(shelf.image("localhost/top:2"), shelf);
        assertEquals(List.of(), shelf.opened);
    }

    @Test
    void aLayerWithLinksIntoLowerOnesIsUnpackedOnTopOfThem() throws IOException {
        shelf.layer(tar("file"));
        shelf.layer(new TarBytes().hardLink("link", "file").end());
        assertEquals("file", text(take(shelf.image("localhost/links:1"), shelf), "link"));
    }

    @Test
    void theWrongBytesAreRefusedByTheirDigest() throws IOException {
        Descriptor layer = shelf.layer(tar("good"));
        byte[] bad = Shelf.gzip(tar("evil"));
        shelf.swap(layer, java.util.Arrays.copyOf(bad, (int) layer.size()));
        String message = refused(shelf.image("localhost/bad:1"), shelf);
        assertTrue(message.contains(layer.digest() + " is corrupt: what came has"), message);
        assertEquals(List.of(), partials());
    }

    @Test
    void bytesThatAreNoGzipAreRefusedByTheirDigestFirst() throws IOException {
        Descriptor layer = shelf.layer(large(300_000));
        byte[] bytes = Objects.requireNonNull(shelf.blobs.get(layer.digest())).clone();
        bytes[5000] ^= 1;
        shelf.swap(layer, bytes);
        String message = refused(shelf.image("localhost/bad:1"), shelf);
        assertTrue(message.contains("is corrupt: what came has the digest"), message);
    }

    @Test
    void aLayerThatIsNotWhatTheConfigurationSaysIsRefused() throws IOException {
        shelf.layer(tar("good"));
        shelf.claim(0, Digest.sha256(new byte[1]));
        String message = refused(shelf.image("localhost/bad:1"), shelf);
        assertTrue(message.contains("unpacked, it has the diff id sha256:"), message);
        assertEquals(List.of(), partials(), "a later pull can't make use of it");
    }

    @Test
    void aByteTooManyEndsTheTransferAtOnce() throws IOException {
        Descriptor layer = shelf.layer(tar("good"));
        AtomicInteger read = new AtomicInteger();
        BlobSource endless =
                (blob, from) ->
                        blob.digest().equals(layer.digest())
                                ? new InputStream() {
                                    @Override
                                    public int read() {
                                        read.incrementAndGet();
                                        return 0;
                                    }

                                    @Override
                                    public int read(byte[] b, int from, int length) {
                                        read.addAndGet(length);
                                        return length;
                                    }
                                }
                                : shelf.open(blob, from);
        String message = refused(shelf.image("localhost/bad:1"), endless);
        assertTrue(message.contains("is longer than the " + layer.size() + " bytes"), message);
        assertTrue(read.get() < 200_000, "read " + read);
        assertEquals(List.of(), partials());
    }

    @Test
    void aBrokenConnectionGoesOnWhereItBroke() throws IOException {
        Descriptor layer = shelf.layer(large(1_000_000));
        AtomicInteger times = new AtomicInteger();
        BlobSource breaking =
                (blob, from) -> {
                    InputStream in = shelf.open(blob, from);
                    boolean whole =
                            !blob.digest().equals(layer.digest()) || times.incrementAndGet() > 4;
                    return whole ? in : new Breaking(in, (int) layer.size() / 5);
                };
        Image image = take(shelf.image("localhost/broken:1"), breaking);
        assertEquals(1_000_000, Files.size(image.layers().get(0).resolve("noise")));
        assertEquals(6, shelf.opened.size(), shelf.opened.toString());
    }

    /** Gives some bytes, and then fails, or ends. */
    private static final class Breaking extends FilterInputStream {
        private int left;

        Breaking(InputStream in, int bytes) {
            super(in);
            left = bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                throw new IOException("connection reset");
            }
            int n = super.read(bytes, offset, Math.min(length, left));
            left -= n;
            return n;
        }
    }

    @Test
    void aDeadConnectionIsGivenUpAndALaterPullGoesOnFromThere() throws IOException {
        Descriptor layer = shelf.layer(large(1_000_000));
        int half = (int) layer.size() / 2;
        BlobSource dead =
                (blob, from) ->
                        blob.digest().equals(layer.digest())
                                ? new Breaking(shelf.open(blob, from), from == 0 ? half : 0)
                                : shelf.open(blob, from);
        String message = refused(shelf.image("localhost/dead:1"), dead);
        assertTrue(
                message.contains(
                        "the transfer broke at byte " + half + " of " + layer.size() + ", 6 times"),
                message);
        assertEquals(List.of("sha256-" + layer.digest().hex()), partials());
        shelf.opened.clear();
        take(shelf.image("localhost/dead:1"), shelf);
        assertTrue(
                shelf.opened.contains(layer.digest().hex().substring(0, 8) + " from " + half),
                shelf.opened.toString());
        assertEquals(List.of(), partials());
    }

    @Test
    void anEarlyEndIsABrokenConnectionToo() throws IOException {
        Descriptor layer = shelf.layer(tar("cut"));
        BlobSource cutting =
                (blob, from) ->
                        blob.digest().equals(layer.digest())
                                ? new ByteArrayInputStream(new byte[0])
                                : shelf.open(blob, from);
        String message = refused(shelf.image("localhost/cut:1"), cutting);
        assertTrue(message.contains("broke at byte 0"), message);
        assertTrue(message.contains("the connection ended early"), message);
    }

    @Test
    void aPartialThatAPowerFailureSpoiledIsFetchedAnew() throws IOException {
        Descriptor layer = shelf.layer(large(500_000));
        Path ingest = Files.createDirectories(store.root().resolve("ingest"));
        Path partial = ingest.resolve("sha256-" + layer.digest().hex());
        for (int size : new int[] {1000, (int) layer.size(), (int) layer.size() + 9}) {
            Files.write(partial, new byte[size]);
            Image image = take(shelf.image("localhost/spoiled:" + size), shelf);
            assertEquals(500_000, Files.size(image.layers().get(0).resolve("noise")));
            store.remove("localhost/spoiled:" + size, false, NOBODY);
        }
        assertEquals(List.of(), partials());
    }

    @Test
    void pullsOfOneLayerShareItsDownload() throws Exception {
        shelf.layer(large(2_000_000));
        shelf.layer(tar("small"));
        Delivery delivery = shelf.image("localhost/shared:1");
        CountDownLatch first = new CountDownLatch(1);
        BlobSource slow =
                (blob, from) -> {
                    first.countDown();
                    return new FilterInputStream(shelf.open(blob, from)) {
                        @Override
                        public int read(byte[] b, int off, int len) throws IOException {
                            try {
                                Thread.sleep(2);
                            } catch (InterruptedException e) {
                                throw new IOException(e);
                            }
                            return super.read(b, off, Math.min(len, 16384));
                        }
                    };
                };
        AtomicInteger waited = new AtomicInteger();
        TransferListener listener =
                new TransferListener() {
                    @Override
                    public void progress(Digest blob, Phase phase, long bytes, long total) {
                        waited.addAndGet(phase == Phase.WAITING ? 1 : 0);
                    }

                    @Override
                    public void note(String line) {}
                };
        try (var pool = Executors.newCachedThreadPool()) {
            List<java.util.concurrent.Future<Image>> pulls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                // each with a store of its own, as processes have
                ImageStore own = ImageStore.open(store.root());
                pulls.add(pool.submit(() -> own.take(delivery, slow, listener, 2, 1)));
                first.await();
            }
            for (var pull : pulls) {
                Image image = pull.get(50, TimeUnit.SECONDS);
                assertEquals("small", text(image, "small"));
            }
        }
        long layers = shelf.opened.stream().distinct().count() - 1;
        assertEquals(2, layers, shelf.opened.toString());
        assertEquals(
                1,
                shelf.opened.stream().filter(o -> o.startsWith(longest(delivery))).count(),
                shelf.opened.toString());
        assertTrue(waited.get() >= 3, "waited " + waited);
    }

    private String longest(Delivery delivery) {
        return shelf.blobs.entrySet().stream()
                .max((a, b) -> Integer.compare(a.getValue().length, b.getValue().length))
                .orElseThrow()
                .getKey()
                .hex()
                .substring(0, 8);
    }

    @Test
    void whatARunningPullHasFetchedSurvivesAPrune() throws Exception {
        Descriptor base = shelf.layer(tar("base"));
        take(shelf.image("localhost/base:1"), shelf);
        Descriptor top = shelf.layer(tar("top"));
        BlobSource pruning =
                (blob, from) -> {
                    if (blob.digest().equals(top.digest())) {
                        store.remove("localhost/base:1", false, NOBODY);
                        store.prune(true, config -> true, NOBODY);
                    }
                    return shelf.open(blob, from);
                };
        Image image = take(shelf.image("localhost/top:1"), pruning);
        assertEquals("base", text(image, "base"));
        assertTrue(Files.exists(store.root().resolve("blobs/sha256/" + base.digest().hex())));
    }

    @Test
    void partialsThatNobodyWantsGoAfterAWeek() throws IOException {
        Path ingest = Files.createDirectories(store.root().resolve("ingest"));
        Path old = Files.write(ingest.resolve("sha256-" + "a".repeat(64)), new byte[9]);
        Path recent = Files.write(ingest.resolve("sha256-" + "b".repeat(64)), new byte[9]);
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
        shelf.layer(tar("any"));
        take(shelf.image("localhost/any:1"), shelf);
        assertFalse(Files.exists(old));
        assertTrue(Files.exists(recent));
    }

    @Test
    void aPruneTakesPartialsThatNobodyIsAtWorkOn() throws IOException {
        Path ingest = Files.createDirectories(store.root().resolve("ingest"));
        Path left = Files.write(ingest.resolve("sha256-" + "a".repeat(64)), new byte[9]);
        Path busy = Files.write(ingest.resolve("sha256-" + "b".repeat(64)), new byte[9]);
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(9)));
        Files.setLastModifiedTime(busy, FileTime.from(Instant.now().minusSeconds(9)));
        try (StoreLock _ = StoreLock.tryFile(busy)) {
            assertEquals(9, store.prune(false, config -> true, NOBODY).reclaimed());
        }
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(busy));
    }

    @Test
    void aDigestReferenceIsKept() throws IOException {
        shelf.layer(tar("any"));
        Digest digest = shelf.image("localhost/any:1").manifest().descriptor().digest();
        Image image = take(shelf.image("localhost/any@" + digest), shelf);
        assertEquals(image.id(), store.resolve("localhost/any@" + digest).id());
        String inspected = store.inspect("localhost/any@" + digest).pretty();
        assertTrue(inspected.contains("\"localhost/any@" + digest + "\""), inspected);
        assertTrue(inspected.contains("\"RepoTags\": []"), inspected);
    }

    @Test
    void anotherManifestOfTheSameConfigurationIsKeptAsItIs() throws IOException {
        shelf.layer(tar("any"));
        Image image = take(shelf.image("localhost/any:gzip"), shelf);
        Delivery gzip = shelf.image("localhost/any:gzip");
        Shelf other = new Shelf();
        other.layer(tar("any"), tar("any"));
        Delivery plain = other.image("localhost/any:plain");
        assertEquals(image.id(), take(plain, other).id());
        for (Delivery delivery : List.of(gzip, plain)) {
            String inspected = store.inspect(delivery.name().toString()).pretty();
            assertTrue(
                    inspected.contains(delivery.manifest().descriptor().digest().toString()),
                    inspected);
        }
        store.remove("localhost/any:gzip", false, NOBODY);
        assertEquals("any", text(store.resolve("localhost/any:plain"), "any"));
    }

    @Test
    void aPlatformThatTheImageIsNotForIsRefused() throws IOException {
        shelf.layer(tar("any"));
        Delivery any = shelf.image("localhost/any:1");
        Delivery wrong =
                new Delivery(
                        any.name(),
                        any.manifest(),
                        null,
                        new Platform("riscv64", "linux"),
                        List.of(),
                        List.of());
        String message = refused(wrong, shelf);
        assertTrue(message.contains("not for linux/riscv64"), message);
        assertEquals(1, shelf.opened.size(), "no layer was fetched");
    }

    @Test
    void anArtifactThatIsNoImageIsRefused() throws IOException {
        Delivery any = shelf.image("localhost/any:1");
        byte[] manifest =
                new dev.carafe.oci.image.Manifest(
                                shelf.add(MediaType.EMPTY, "{}".getBytes(StandardCharsets.UTF_8)),
                                List.of())
                        .json()
                        .bytes();
        Delivery artifact =
                new Delivery(
                        any.name(),
                        new Delivery.Document(
                                new Descriptor(
                                        MediaType.MANIFEST,
                                        Digest.sha256(manifest),
                                        manifest.length),
                                manifest),
                        null,
                        null,
                        List.of(),
                        List.of());
        String message = refused(artifact, shelf);
        assertTrue(message.contains("is no image: its configuration is"), message);
    }
}
