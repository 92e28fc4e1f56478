package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Takes names and images away, and then whatever blobs and layers no image needs any more. */
final class Remove {
    private final Layout layout;

    Remove(Layout layout) {
        this.layout = layout;
    }

    /**
     * Removes a name, and its image when it was the last; by id, all names and the image.
     *
     * @param force also when several names go at once
     * @return what was done, a line each, as docker rmi prints it
     */
    List<String> image(String word, boolean force, ImageStore.Users users) throws IOException {
        List<String> done = new ArrayList<>();
        // what is moved to staging is deleted after the lock is free again
        try (Staging staging = Staging.open(layout);
                StoreLock _ = StoreLock.exclusive(layout.lock())) {
            Names names = new Names(layout.readIndex().manifests());
            Descriptor entry = names.find(word);
            String id = Names.id(entry);
            List<String> all = names.of(id);
            String name = Names.name(entry);
            boolean byName = name != null && means(word, name);
            if (name != null && byName && all.size() > 1) {
                names.untag(name);
                done.add("Untagged: " + familiar(name));
                layout.writeIndex(names.entries());
                return done;
            }
            if (!byName && all.size() > 1 && !force) {
                throw new ImageException(
                        "image " + word + " has more than one name; remove it with --force");
            }
            List<String> containers = users.of(id);
            if (!containers.isEmpty()) {
                throw new ImageException(
                        "image " + word + " is used by container " + String.join(", ", containers));
            }
            remove(id, names, done);
            layout.writeIndex(names.entries());
            sweep(names, staging);
        }
        return done;
    }

    private static void remove(String id, Names names, List<String> done) {
        for (String one : names.of(id)) {
            done.add("Untagged: " + familiar(one));
        }
        names.remove(id);
        done.add("Deleted: " + id);
    }

    /** Removes every image without a name, or every one, that no container uses. */
    Pruned unused(boolean all, Predicate<ImageConfig> which, ImageStore.Users users)
            throws IOException {
        List<String> done = new ArrayList<>();
        try (Staging staging = Staging.open(layout);
                StoreLock _ = StoreLock.exclusive(layout.lock())) {
            Names names = new Names(layout.readIndex().manifests());
            Set<String> ids = new LinkedHashSet<>();
            for (Descriptor entry : names.entries()) {
                ids.add(Names.id(entry));
            }
            for (String id : ids) {
                if ((all || names.of(id).isEmpty())
                        && which.test(layout.readConfig(Digest.parse(id)))
                        && users.of(id).isEmpty()) {
                    remove(id, names, done);
                }
            }
            if (!done.isEmpty()) {
                layout.writeIndex(names.entries());
            }
            long partials = Partial.removeAbandoned(layout, Instant.now());
            return new Pruned(done, partials + sweep(names, staging));
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
    }

    private static boolean means(String word, String name) {
        try {
            ImageReference reference = ImageReference.parse(word);
            return reference.digest() == null && reference.toString().equals(name);
        } catch (OciException e) {
            return false;
        }
    }

    static String familiar(String name) {
        try {
            return ImageReference.parse(name).familiar();
        } catch (OciException e) {
            return name;
        }
    }

    /**
     * Deletes what no entry of the index and no lease leads to, also what a crash left the last
     * time.
     *
     * @return how many bytes that was
     */
    private long sweep(Names names, Staging staging) throws IOException {
        Reachable needed = new Reachable(layout);
        for (Descriptor entry : names.entries()) {
            needed.add(entry);
        }
        KeptLayers.of(layout).keySet().forEach(needed::addKept);
        Compressed.reach(layout, needed);
        Set<String> leased = Lease.live(layout);
        long reclaimed = 0;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.layers())) {
            for (Path layer : found) {
                String name = String.valueOf(layer.getFileName());
                if (!needed.layers().contains(name)
                        && !leased.contains(name)
                        && !layout.isShared(name)) {
                    reclaimed += Inspect.readSize(layer.resolve("size"));
                    // out of sight in one step, then at leisure: half a layer must never be found
                    Files.move(layer, staging.path(name), StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
        if (Files.exists(layout.links())) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.links())) {
                for (Path link : found) {
                    if (!Files.exists(link)) {
                        Files.delete(link);
                    }
                }
            }
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.blobs())) {
            for (Path blob : found) {
                String name = String.valueOf(blob.getFileName());
                if (!needed.blobs().contains(name) && !leased.contains(name)) {
                    reclaimed += Files.size(blob);
                    Files.delete(blob);
                }
            }
        }
        return reclaimed + RootImages.sweep(layout, needed.chains(), leased);
    }
}
