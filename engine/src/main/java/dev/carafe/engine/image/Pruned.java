package dev.carafe.engine.image;

import java.util.List;

/**
 * What a clean-up took away.
 *
 * @param lines a line for each name and image, as docker image prune prints it
 * @param reclaimed bytes of the disk: blobs, and the files of unpacked layers as their tars count
 *     them
 */
public record Pruned(List<String> lines, long reclaimed) {
    public Pruned {
        lines = List.copyOf(lines);
    }
}
