package dev.carafe.engine;

import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Platforms;
import dev.carafe.engine.image.TransferListener;
import dev.carafe.engine.registry.Fetched;
import dev.carafe.engine.registry.Pull;
import dev.carafe.engine.registry.PullOptions;
import dev.carafe.engine.registry.Push;
import dev.carafe.engine.registry.PushOptions;
import dev.carafe.engine.registry.Registries;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Images between registries and this engine's store. Apart from {@link Engine} so that a start of a
 * container loads none of it.
 */
public final class Transfers implements AutoCloseable {
    private final ImageStore store;
    private final Registries registries;

    Transfers(ImageStore store, Registries registries) {
        this.store = store;
        this.registries = registries;
    }

    /** This user's registries and their credentials. */
    public Registries registries() {
        return registries;
    }

    /**
     * Pulls an image, under the name by which it is asked for. A digest in the name wins over a
     * tag.
     *
     * @throws EngineException with one line that says what and where; the images are as they were
     */
    public Pull.Pulled pull(String name, PullOptions options, TransferListener listener) {
        return told(() -> Pull.image(registries, store, reference(name), options, listener));
    }

    /** Every tag of a repository, for pulling them one by one. */
    public List<String> tags(String repository) {
        return told(() -> registries.repository(reference(repository)).tags());
    }

    /**
     * Makes sure that an image is in the store, by pulling it when the policy says so.
     *
     * @param platform that it must be for; null for any
     * @return whether it was pulled
     */
    public boolean ensure(
            String name,
            PullPolicy policy,
            @Nullable Platform platform,
            TransferListener listener) {
        if (policy != PullPolicy.ALWAYS) {
            Image image = told(() -> find(name));
            if (image != null && (platform == null || Platforms.fits(platform, image.config()))) {
                return false;
            }
            if (policy == PullPolicy.NEVER) {
                throw new EngineException(
                        EngineException.Code.NO_SUCH_IMAGE,
                        image == null
                                ? "no such image: " + name
                                : "image "
                                        + name
                                        + " is not for "
                                        + Platforms.text(Objects.requireNonNull(platform)));
            }
            if (image == null) {
                listener.note("Unable to find image '" + familiar(name) + "' locally");
            }
        }
        PullOptions usual = PullOptions.USUAL;
        try {
            pull(name, new PullOptions(platform, false, usual.parallel()), listener);
        } catch (EngineException e) {
            if (policy == PullPolicy.ALWAYS) {
                throw e;
            }
            throw new EngineException(
                    EngineException.Code.NO_SUCH_IMAGE,
                    "image " + name + " is not here and can't be pulled: " + e.getMessage(),
                    e);
        }
        return true;
    }

    private @Nullable Image find(String name) throws IOException {
        return store.has(name) ? store.resolve(name) : null;
    }

    private static String familiar(String name) throws EngineException {
        try {
            return ImageReference.parse(name).familiar();
        } catch (OciException e) {
            throw new EngineException(
                    EngineException.Code.NO_SUCH_IMAGE, "no such image: " + name, e);
        }
    }

    /**
     * Pushes the image of a name to the repository of that name.
     *
     * @return what its tag there leads to now
     */
    public Descriptor push(String name, PushOptions options, TransferListener listener) {
        return told(() -> Push.image(registries, store, reference(name), options, listener));
    }

    /** The names in the store that are of a repository, each with a tag. */
    public List<String> namesOf(String repository) {
        return told(
                () -> {
                    String wanted = reference(repository).name();
                    List<String> names = new ArrayList<>();
                    for (String name : store.names()) {
                        ImageReference one = ImageReference.parse(name);
                        if (one.name().equals(wanted) && one.tag() != null) {
                            names.add(one.familiar());
                        }
                    }
                    return names;
                });
    }

    /** A manifest or index as the registry has it. */
    public Fetched manifest(String name) {
        return told(
                () -> {
                    ImageReference reference = reference(name);
                    Digest digest = reference.digest();
                    return registries
                            .repository(reference)
                            .manifest(
                                    digest == null
                                            ? Objects.requireNonNull(reference.tag())
                                            : digest.toString());
                });
    }

    private static ImageReference reference(String name) throws ImageException {
        try {
            return ImageReference.parse(name);
        } catch (OciException e) {
            throw new ImageException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Something that a registry or the disk may fail. */
    @FunctionalInterface
    private interface Work<T extends @Nullable Object> {
        T run() throws IOException;
    }

    private static <T extends @Nullable Object> T told(Work<T> work) {
        try {
            return work.run();
        } catch (IOException | OciException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    /** Ends every connection. */
    @Override
    public void close() {
        registries.close();
    }
}
