package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
        try (StoreLock _ = StoreLock.exclusive(layout.lock());
                Staging staging = Staging.open(layout)) {
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
            for (String one : all) {
                done.add("Untagged: " + familiar(one));
            }
            names.remove(id);
            layout.writeIndex(names.entries());
            done.add("Deleted: " + id);
            sweep(names, staging);
        }
        return done;
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

    /** Deletes what no entry of the index leads to, also what a crash left the last time. */
    private void sweep(Names names, Staging staging) throws IOException {
        Set<String> blobs = new HashSet<>();
        Set<String> layers = new HashSet<>();
        for (Descriptor entry : names.entries()) {
            Manifest manifest = layout.readManifest(entry.digest());
            blobs.add(entry.digest().hex());
            blobs.add(manifest.config().digest().hex());
            for (Descriptor layer : manifest.layers()) {
                blobs.add(layer.digest().hex());
            }
            List<Digest> diffIds = layout.readConfig(manifest.config().digest()).rootfs().diffIds();
            for (int i = 0; i < diffIds.size(); i++) {
                layers.add(diffIds.get(i).hex());
                layers.add(Layout.chain(diffIds, i));
            }
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.layers())) {
            for (Path layer : found) {
                String name = String.valueOf(layer.getFileName());
                if (!layers.contains(name) && !layout.isShared(name)) {
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
                if (!blobs.contains(String.valueOf(blob.getFileName()))) {
                    Files.delete(blob);
                }
            }
        }
    }
}
