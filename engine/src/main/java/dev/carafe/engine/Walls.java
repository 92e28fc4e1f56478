package dev.carafe.engine;

import java.io.IOException;
import java.nio.file.Path;

/** The walls of this host, by the name that options and records have for them. */
final class Walls {
    private final HostCgroups cgroups;
    private final ContainerWall container;

    Walls(HostCgroups cgroups) {
        this.cgroups = cgroups;
        this.container = new ContainerWall(cgroups);
    }

    /**
     * @throws EngineException when this host does not have it
     */
    Wall of(Isolation isolation) {
        return switch (isolation) {
            case CONTAINER -> container;
            case VM ->
                    throw new EngineException(
                            EngineException.Code.INVALID,
                            "isolation vm isn't available yet; it must be container");
        };
    }

    Wall of(ContainerRecord container) {
        return of(container.isolation());
    }

    /**
     * Removes what is left outside its directory of a start that was killed before it was on
     * record.
     */
    void endAbandoned(Path directory) throws IOException {
        ContainerWall.removeCgroup(cgroups.get(), "/carafe/" + directory.getFileName());
    }
}
