package dev.carafe.engine.vm;

import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was measured on this host since it booted, in a file of lines {@code name value}, so that a
 * start need not measure it again. Another boot, another user or another Carafe's format begin an
 * empty one. What can't be kept is measured again: a failure to write is no error.
 */
final class HostRecord {
    private static final String FILE = "vm-host";
    private static final String FORMAT = "1";
    private static final String FOR = "for";

    private final Path directory;
    private final Map<String, String> values;

    private HostRecord(Path directory, Map<String, String> values) {
        this.directory = directory;
        this.values = values;
    }

    /** Reads the file in a directory, which need not be there. */
    static HostRecord in(Path directory) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : text(directory.resolve(FILE).toString()).split("\n", -1)) {
            int space = line.indexOf(' ');
            if (space > 0) {
                values.put(line.substring(0, space), line.substring(space + 1));
            }
        }
        String now =
                FORMAT
                        + " "
                        + Native.syscall(Sys.GETEUID)
                        + " "
                        + text("/proc/sys/kernel/random/boot_id");
        if (!now.equals(values.get(FOR))) {
            values.clear();
            values.put(FOR, now);
        }
        return new HostRecord(directory, values);
    }

    /** The file's text, in one read; empty when it can't be read. */
    private static String text(String path) {
        byte[] bytes = new byte[4096];
        try (InputStream in = new FileInputStream(path)) {
            int length = in.read(bytes);
            return new String(bytes, 0, Math.max(0, length), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @Nullable String get(String name) {
        return values.get(name);
    }

    /** The number of that name; 0 when there is none. */
    long number(String name) {
        String value = values.get(name);
        if (value == null) {
            return 0;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Sets a value of one line. */
    void set(String name, String value) {
        values.put(name, value.replace('\n', ' '));
    }

    /** Replaces the file. Of two that write at once one wins; the other's is measured again. */
    void write() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> e : values.entrySet()) {
            text.append(e.getKey()).append(' ').append(e.getValue()).append('\n');
        }
        try {
            Files.createDirectories(directory);
            Path part = Files.createTempFile(directory, "." + FILE, ".part");
            try {
                Files.writeString(part, text);
                Files.move(part, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            return; // a full or read-only directory
        }
    }
}
