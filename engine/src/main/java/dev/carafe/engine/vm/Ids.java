package dev.carafe.engine.vm;

import dev.carafe.oci.runtime.IdMapping;
import java.util.List;

/**
 * The ids that the programs of a machine can have on this host.
 *
 * @param uids what a user namespace of theirs maps, id 0 first; empty for root of the host's first
 *     user namespace, whose programs need none
 * @param gids likewise
 */
public record Ids(List<IdMapping> uids, List<IdMapping> gids) {
    /** Root of the host's first user namespace. */
    public static final Ids ROOT = new Ids(List.of(), List.of());

    public Ids {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
        if (uids.isEmpty() != gids.isEmpty()) {
            throw new IllegalArgumentException("id maps are for users and groups, or for neither");
        }
    }

    /** Whether programs get a user namespace. */
    boolean mapped() {
        return !uids.isEmpty();
    }

    /** Whether there is one id and no other. */
    boolean areOne() {
        return gids.size() == 1 && gids.getFirst().size() == 1;
    }

    /** The one id that an ordinary user has without any help, as 0. */
    Ids alone() {
        return mapped() ? new Ids(first(uids), first(gids)) : this;
    }

    private static List<IdMapping> first(List<IdMapping> maps) {
        return List.of(new IdMapping(0, maps.getFirst().hostID(), 1));
    }
}
