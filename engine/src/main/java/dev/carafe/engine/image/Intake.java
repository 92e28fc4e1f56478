package dev.carafe.engine.image;

import dev.carafe.engine.image.Staging.Spooled;
import dev.carafe.engine.image.TransferListener.Phase;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.image.Platform;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes one image in while it comes from elsewhere. What is missing of it is fetched by several at
 * once. A layer that another pull is fetching is left to that pull: never is one lock held while
 * another is waited for, so pulls of images that share layers can't block each other.
 */
final class Intake implements AutoCloseable {
    private static final int MAX_CONFIG = 4 << 20;
    private static final long FIRST_LOOK_MILLIS = 20;
    private static final long LAST_LOOK_MILLIS = 500;

    private final Layout layout;
    private final BlobSource source;
    private final TransferListener listener;
    private final int parallel;
    private final long backoffMillis;
    private final Staging staging;
    private final Lease lease;
    private final Publish publish;
    private final Map<Digest, Partial> owned = new LinkedHashMap<>();

    /** A blob that is wanted, and the layer that it is to become, if it is one to unpack. */
    private record Wanted(Descriptor blob, @Nullable Digest diffId, String chain) {}

    /** Opens staging and a lease. */
    Intake(
            Layout layout,
            BlobSource source,
            TransferListener listener,
            int parallel,
            long backoffMillis)
            throws IOException {
        this.layout = layout;
        this.source = source;
        this.listener = listener;
        this.parallel = parallel;
        this.backoffMillis = backoffMillis;
        Partial.removeAbandoned(layout);
        this.staging = Staging.open(layout);
        this.lease = Lease.open(layout);
        this.publish = new Publish(layout, staging);
    }

    /** Does all of it; returns the image's id. */
    String take(Delivery delivery) throws IOException {
        try {
            return taken(delivery);
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        } catch (IOException e) {
            if (Staging.isDiskFull(e)) {
                // they are what fills it
                for (Partial partial : owned.values()) {
                    partial.delete();
                }
            }
            throw e;
        }
    }

    private String taken(Delivery delivery) throws IOException {
        Descriptor entry = delivery.manifest().descriptor();
        String where = "manifest " + entry.digest();
        Manifest manifest = Manifest.parse(where, delivery.manifest().bytes());
        String type = manifest.config().mediaType();
        if (!type.equals(MediaType.CONFIG) && !type.equals(MediaType.DOCKER_CONFIG)) {
            throw new ImageException(
                    delivery.name().familiar() + " is no image: its configuration is " + type);
        }
        lease(delivery, manifest);
        Spooled configBlob = config(manifest.config());
        ImageConfig config = readConfig(configBlob);
        check(delivery, manifest, config);
        List<Wanted> wanted = wanted(manifest, config, delivery.blobs());
        fetch(wanted);
        List<Spooled> others = new ArrayList<>();
        for (Delivery.Document document : delivery.documents()) {
            others.add(spool(document));
        }
        for (Descriptor blob : delivery.blobs()) {
            others.add(blob(blob));
        }
        List<Spooled> layers = new ArrayList<>();
        for (Descriptor layer : manifest.layers()) {
            layers.add(blob(layer));
        }
        Prepared prepared =
                new Prepared(
                        entry,
                        spool(delivery.manifest()),
                        configBlob,
                        config,
                        layers,
                        List.of(delivery.name().toString()),
                        true,
                        delivery.index(),
                        others);
        publish.all(List.of(prepared));
        for (Wanted one : wanted) {
            long size = one.blob().size();
            if (owned.containsKey(one.blob().digest())) {
                listener.progress(one.blob().digest(), Phase.PULLED, size, size);
            }
        }
        return prepared.id();
    }

    private void lease(Delivery delivery, Manifest manifest) throws IOException {
        List<Digest> digests = new ArrayList<>();
        digests.add(delivery.manifest().descriptor().digest());
        digests.add(manifest.config().digest());
        delivery.documents().forEach(document -> digests.add(document.descriptor().digest()));
        for (List<Descriptor> blobs : List.of(manifest.layers(), delivery.blobs())) {
            blobs.forEach(blob -> digests.add(blob.digest()));
        }
        for (Digest digest : digests) {
            if (!digest.algorithm().equals("sha256")) {
                throw new ImageException("blob " + digest + ": only sha256 digests are supported");
            }
        }
        lease.add(digests);
    }

    /** The configuration, which is small, and which everything else depends on. */
    private Spooled config(Descriptor blob) throws IOException {
        Path stored = layout.blob(blob.digest());
        if (Files.exists(stored)) {
            return new Spooled(stored, blob.digest(), blob.size());
        }
        if (blob.size() > MAX_CONFIG) {
            throw new ImageException(
                    "configuration "
                            + blob.digest()
                            + " has "
                            + blob.size()
                            + " bytes, the limit is "
                            + MAX_CONFIG);
        }
        byte[] bytes;
        try (InputStream in = source.open(blob, 0)) {
            bytes = in.readNBytes((int) blob.size() + 1);
        }
        Digest found = Digest.sha256(bytes);
        if (!found.equals(blob.digest())) {
            throw new ImageException(
                    "configuration "
                            + blob.digest()
                            + " is corrupt: what came has the digest "
                            + found);
        }
        return staging.spool(new ByteArrayInputStream(bytes));
    }

    private static ImageConfig readConfig(Spooled config) throws IOException {
        return ImageConfig.parse("image " + config.digest(), Files.readAllBytes(config.file()));
    }

    private void check(Delivery delivery, Manifest manifest, ImageConfig config)
            throws IOException {
        String name = delivery.name().familiar();
        List<Digest> diffIds = config.rootfs().diffIds();
        if (diffIds.size() != manifest.layers().size()) {
            throw new ImageException(
                    name
                            + " has "
                            + manifest.layers().size()
                            + " layers, its configuration says "
                            + diffIds.size());
        }
        Platform platform = delivery.platform();
        if (platform != null && !Platforms.fits(platform, config)) {
            throw new ImageException(
                    name
                            + " is for "
                            + Platforms.text(config)
                            + ", not for "
                            + Platforms.text(platform));
        }
        List<Digest> names = new ArrayList<>();
        for (int i = 0; i < diffIds.size(); i++) {
            if (!diffIds.get(i).algorithm().equals("sha256")) {
                throw new ImageException(
                        name + ": layer " + diffIds.get(i) + ": only sha256 digests are supported");
            }
            names.add(diffIds.get(i));
            names.add(Layout.chainId(diffIds, i));
        }
        lease.add(names);
    }

    /** Each blob once, also one that several layers share. */
    private static List<Wanted> wanted(
            Manifest manifest, ImageConfig config, List<Descriptor> others) {
        Map<Digest, Wanted> wanted = new LinkedHashMap<>();
        List<Digest> diffIds = config.rootfs().diffIds();
        for (int i = 0; i < diffIds.size(); i++) {
            Descriptor blob = manifest.layers().get(i);
            wanted.putIfAbsent(
                    blob.digest(), new Wanted(blob, diffIds.get(i), Layout.chain(diffIds, i)));
        }
        for (Descriptor blob : others) {
            wanted.putIfAbsent(blob.digest(), new Wanted(blob, null, ""));
        }
        return new ArrayList<>(wanted.values());
    }

    private void fetch(List<Wanted> wanted) throws IOException {
        for (Wanted one : wanted) {
            boolean there = Files.exists(layout.blob(one.blob().digest()));
            listener.progress(
                    one.blob().digest(),
                    there ? Phase.EXISTS : Phase.PENDING,
                    0,
                    one.blob().size());
        }
        while (true) {
            List<Wanted> mine = new ArrayList<>();
            List<Wanted> busy = new ArrayList<>();
            for (Wanted one : wanted) {
                claim(one, mine, busy);
            }
            run(mine);
            if (busy.isEmpty()) {
                return;
            }
            release();
            await(busy);
        }
    }

    /** Sorts a blob that is not in the store: is it for us, or for a pull that was earlier? */
    private void claim(Wanted one, List<Wanted> mine, List<Wanted> busy) throws IOException {
        Digest digest = one.blob().digest();
        if (Files.exists(layout.blob(digest)) || owned.containsKey(digest)) {
            return;
        }
        Partial partial = Partial.tryOpen(layout, digest);
        if (partial == null) {
            listener.progress(digest, Phase.WAITING, 0, one.blob().size());
            busy.add(one);
        } else if (Files.exists(layout.blob(digest))) {
            partial.close(); // published between the two looks
        } else {
            owned.put(digest, partial);
            mine.add(one);
        }
    }

    private void run(List<Wanted> mine) throws IOException {
        Set<Digest> unpacking = new LinkedHashSet<>();
        try (Crew crew = new Crew(parallel)) {
            for (Wanted one : mine) {
                Partial partial = owned.get(one.blob().digest());
                if (partial != null) {
                    boolean unpack = isMissing(one) && unpacking.add(one.diffId());
                    crew.add(() -> fetch(one, partial, unpack));
                }
            }
            crew.await();
        }
    }

    private boolean isMissing(Wanted one) {
        Digest diffId = one.diffId();
        return diffId != null
                && !Files.exists(layout.layer(diffId.hex()))
                && !Files.exists(layout.layer(one.chain()));
    }

    private void fetch(Wanted one, Partial partial, boolean unpack) throws IOException {
        Fetch fetch = new Fetch(one.blob(), partial, source, listener, backoffMillis);
        Digest diffId = one.diffId();
        if (unpack && diffId != null) {
            fetch.unpacking(publish.unpack(), diffId);
        } else {
            fetch.only();
        }
        fetch.pulled();
    }

    /** Puts what is ours in place, and lets whoever waits for it go on. */
    private void release() throws IOException {
        if (owned.isEmpty()) {
            return;
        }
        List<Spooled> blobs = new ArrayList<>();
        for (Partial partial : owned.values()) {
            blobs.add(new Spooled(partial.path(), partial.digest(), partial.size()));
        }
        publish.layers(blobs);
        for (Partial partial : owned.values()) {
            partial.close();
        }
        owned.clear();
    }

    /** Waits until one of them is there, or free to be fetched. */
    private void await(List<Wanted> busy) throws IOException {
        long wait = FIRST_LOOK_MILLIS;
        while (true) {
            for (Wanted one : busy) {
                Digest digest = one.blob().digest();
                if (Files.exists(layout.blob(digest))) {
                    return;
                }
                Partial partial = Partial.tryOpen(layout, digest);
                if (partial != null) {
                    partial.close();
                    return;
                }
            }
            try {
                Thread.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (IOException)
                        new InterruptedIOException("interrupted while waiting for another pull")
                                .initCause(e);
            }
            wait = Math.min(2 * wait, LAST_LOOK_MILLIS);
        }
    }

    /** Where a fetched blob lies. */
    private Spooled blob(Descriptor blob) {
        Partial partial = owned.get(blob.digest());
        Path file = partial == null ? layout.blob(blob.digest()) : partial.path();
        return new Spooled(file, blob.digest(), blob.size());
    }

    private Spooled spool(Delivery.Document document) throws IOException {
        Digest digest = document.descriptor().digest();
        return Files.exists(layout.blob(digest))
                ? new Spooled(layout.blob(digest), digest, document.bytes().length)
                : staging.spool(new ByteArrayInputStream(document.bytes()));
    }

    @Override
    public void close() throws IOException {
        for (Partial partial : owned.values()) {
            partial.close();
        }
        try {
            lease.close();
        } finally {
            staging.close();
        }
    }
}
