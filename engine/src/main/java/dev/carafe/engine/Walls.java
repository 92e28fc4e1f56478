package dev.carafe.engine;

import java.io.IOException;
import java.nio.file.Path;

/** The walls of this host, by the name that options and records have for them. */
final class Walls {
    private final HostCgroups cgroups;
    private final ContainerWall container;
    private final VmWall vm;

    Walls(HostCgroups cgroups, VmWall vm) {
        this.cgroups = cgroups;
        this.vm = vm;
        this.container = new ContainerWall(cgroups);
    }

    Wall of(Isolation isolation) {
        return isolation == Isolation.VM ? vm : container;
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
