package dev.carafe.engine;

import dev.carafe.oci.runtime.IdMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The ids that an ordinary user may map into a user namespace (subuid(5)). */
final class SubIds {
    private SubIds() {}

    /**
     * Container id 0 is the user; 1 and up are the user's range of the file, when it and the helper
     * exist.
     */
    static List<IdMapping> of(Path file, String helper, long own) {
        List<IdMapping> maps = new ArrayList<>();
        maps.add(new IdMapping(0, own, 1));
        if (!Files.isExecutable(Path.of("/usr/bin", helper)) || !Files.isReadable(file)) {
            return maps;
        }
        String user = System.getProperty("user.name");
        long next = 1;
        try {
            for (String line : Files.readAllLines(file)) {
                String[] parts = line.split(":", -1);
                if (parts.length == 3
                        && (parts[0].equals(user) || parts[0].equals(String.valueOf(own)))) {
                    long count = Long.parseLong(parts[2].trim());
                    maps.add(new IdMapping(next, Long.parseLong(parts[1].trim()), count));
                    next += count;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // a broken file gives no ranges; info tells what is usable
            return List.of(new IdMapping(0, own, 1));
        }
        return maps;
    }
}
