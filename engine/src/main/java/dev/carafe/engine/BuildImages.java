package dev.carafe.engine;

import dev.carafe.engine.build.Build;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Platforms;
import dev.carafe.engine.image.TransferListener;
import dev.carafe.engine.registry.PushOptions;
import dev.carafe.oci.image.Platform;
import java.io.IOException;

/** The images that builds start from: the store's, and those of registries. */
final class BuildImages implements Build.Bases {
    private final Engine engine;

    BuildImages(Engine engine) {
        this.engine = engine;
    }

    @Override
    public String find(String reference, Platform platform, boolean newest) throws IOException {
        ImageStore store = engine.images();
        if (!newest && store.has(reference)) {
            Image image = store.resolve(reference);
            if (Platforms.fits(platform, image.config())) {
                return image.id();
            }
        }
        try (Transfers transfers = engine.transfers()) {
            PullPolicy policy = newest ? PullPolicy.ALWAYS : PullPolicy.MISSING;
            transfers.ensure(reference, policy, platform, TransferListener.SILENT);
            return store.resolve(reference).id();
        } catch (EngineException e) {
            if (!newest && store.has(reference)) {
                // of another platform, which is more worth telling
                return store.resolve(reference).id();
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void push(String name) throws IOException {
        try (Transfers transfers = engine.transfers()) {
            transfers.push(name, PushOptions.USUAL, TransferListener.SILENT);
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
