package dev.carafe.engine.registry;

import java.io.IOException;

/** Where credentials come from. */
@FunctionalInterface
public interface Credentials {
    /** None at all. */
    Credentials NONE = (host, path) -> new Credential.Anonymous();

    /**
     * The credential for a repository.
     *
     * @param host of the registry as in image names, with its port if it has one
     * @param path of the repository; empty for the registry as a whole
     * @throws IOException when a file can't be read or a credential helper fails
     */
    Credential find(String host, String path) throws IOException;
}
