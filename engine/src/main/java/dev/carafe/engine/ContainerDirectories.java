package dev.carafe.engine;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.oci.OciException;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.UserNamespace;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The containers of a root as they lie on disk, whichever process started them. */
final class ContainerDirectories {
    /** A directory without a record this old belongs to a start that was killed. */
    private static final long ABANDONED_MILLIS = 60_000;

    private final Path root;
    private final ContainerSpec.Identity identity;

    ContainerDirectories(Path root, ContainerSpec.Identity identity) {
        this.root = root;
        this.identity = identity;
    }

    Path of(String id) {
        return root.resolve(id);
    }

    List<ContainerRecord> list() throws IOException {
        List<ContainerRecord> records = new ArrayList<>();
        for (Path directory : directories()) {
            record(directory).ifPresent(records::add);
        }
        return records;
    }

    /** What is on record of one now; empty when it is gone. */
    Optional<ContainerRecord> read(String id) throws IOException {
        return record(of(id));
    }

    private List<Path> directories() throws IOException {
        List<Path> directories = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(root)) {
            stream.forEach(directories::add);
        }
        return directories;
    }

    private static Optional<ContainerRecord> record(Path directory) throws IOException {
        try {
            return Optional.of(ContainerRecord.read(directory));
        } catch (NoSuchFileException e) {
            return Optional.empty(); // being made, or being removed
        } catch (OciException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Finds one by name, id or the beginning of an id that only it has. */
    ContainerRecord find(String wanted) throws IOException {
        List<ContainerRecord> found = new ArrayList<>();
        for (ContainerRecord record : list()) {
            if (record.id().equals(wanted) || record.name().equals(wanted)) {
                return record;
            }
            if (record.id().startsWith(wanted)) {
                found.add(record);
            }
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        throw new EngineException(
                EngineException.Code.INVALID,
                (found.isEmpty()
                                ? "no such container: "
                                : "more than one container has an id that begins with ")
                        + wanted);
    }

    /**
     * Removes what starts and owners that were killed have left: containers that were to go at
     * their end. The end of others is recorded.
     */
    void sweep(Walls walls) throws IOException {
        for (Path directory : directories()) {
            Optional<ContainerRecord> record = record(directory);
            try {
                if (record.isPresent()) {
                    if (record.get().finished() == 0 && !record.get().owner().isAlive()) {
                        settle(record.get(), OptionalInt.empty(), walls);
                    }
                } else if (isAbandoned(directory)) {
                    walls.endAbandoned(directory);
                    delete(directory);
                }
            } catch (IOException | EngineException e) {
                // left for the next sweep: it is no concern of the container that ends now
            }
        }
    }

    /**
     * Does for a container that has ended what its owner would have done: removes what is left of
     * it, or records its end.
     *
     * @param status its exit code, where it is known
     */
    void settle(ContainerRecord container, OptionalInt status, Walls walls) throws IOException {
        if (container.isRunning()) {
            return;
        }
        Path directory = of(container.id());
        walls.of(container).end(container, directory);
        if (container.remove()) {
            delete(directory);
        } else if (read(container.id()).isPresent()) {
            container.ended(status).write(directory);
        }
    }

    /**
     * Removes a container's directory, also files that belong to ids of an ordinary user's range.
     */
    void delete(Path directory) throws IOException {
        try {
            DirectoryTree.delete(directory);
        } catch (IOException e) {
            if (!identity.rootless() || identity.uids().size() < 2) {
                throw e;
            }
            deleteAsOwner(directory, e);
        }
    }

    private void deleteAsOwner(Path directory, IOException plain) throws IOException {
        try {
            List<String> command = List.of("/bin/rm", "-rf", "--", directory.toString());
            if (UserNamespace.run(identity.uids(), identity.gids(), command) != 0) {
                throw plain;
            }
        } catch (StartException e) {
            plain.addSuppressed(e);
            throw plain;
        }
    }

    private static boolean isAbandoned(Path directory) {
        try {
            long age = System.currentTimeMillis() - Files.getLastModifiedTime(directory).toMillis();
            return age > ABANDONED_MILLIS;
        } catch (IOException e) {
            return false; // gone meanwhile
        }
    }
}
