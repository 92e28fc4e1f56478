package dev.carafe.engine.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The ids that exist in a user namespace, as /proc/PID/uid_map and gid_map list them
 * (user_namespaces(7)).
 */
public record IdMap(List<Range> ranges) {
    private static final long ALL = 4294967295L;

    /** Ids that follow each other. */
    public record Range(long first, long count) {}

    public IdMap {
        ranges = List.copyOf(ranges);
    }

    /** The user ids of this process's namespace. */
    public static IdMap ofThisProcess() throws IOException {
        return read(Path.of("/proc/self/uid_map"));
    }

    /** The group ids of this process's namespace. */
    public static IdMap groupsOfThisProcess() throws IOException {
        return read(Path.of("/proc/self/gid_map"));
    }

    private static IdMap read(Path file) throws IOException {
        return parse(Files.readString(file));
    }

    static IdMap parse(String text) {
        List<Range> ranges = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String[] columns = line.strip().split(" +", -1);
            if (columns.length == 3) {
                ranges.add(new Range(Long.parseLong(columns[0]), Long.parseLong(columns[2])));
            }
        }
        return new IdMap(ranges);
    }

    /** Whether all ids exist, as in the first user namespace. */
    public boolean isWhole() {
        return ranges.size() == 1 && ranges.getFirst().count() == ALL;
    }

    /** Whether there is one id, or none. */
    public boolean isSingle() {
        return ranges.stream().mapToLong(Range::count).sum() <= 1;
    }
}
