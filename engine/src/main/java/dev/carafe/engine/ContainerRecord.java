package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Pidfd;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What is on disk of a container, in {@code state.json} of its directory. Whether it runs is not
 * written: the kernel is asked, so that every process gets the same answer.
 *
 * @param id 64 hexadecimal digits
 * @param name the name that was given, or the first 12 digits of the id
 * @param image the image's name as the user gave it
 * @param imageId the image's id
 * @param command what it runs
 * @param isolation the wall that it is behind
 * @param created seconds since the epoch
 * @param pid its first process, or the hypervisor, in the PID namespace of the engine that started
 *     it
 * @param started when that process started, in clock ticks since boot (field 22 of
 *     proc_pid_stat(5)), so that another process with the same number is not taken for it
 * @param remove whether it is removed at its end
 * @param cgroup its cgroup's path, or null when it has none
 * @param status the exit code that its owner saw; empty while it runs, and when its owner died
 *     first
 */
public record ContainerRecord(
        String id,
        String name,
        String image,
        String imageId,
        List<String> command,
        Isolation isolation,
        long created,
        int pid,
        long started,
        boolean remove,
        @Nullable String cgroup,
        OptionalInt status) {
    static final String FILE = "state.json";

    public ContainerRecord {
        command = List.copyOf(command);
    }

    ContainerRecord ended(int exitCode) {
        return new ContainerRecord(
                id,
                name,
                image,
                imageId,
                command,
                isolation,
                created,
                pid,
                started,
                remove,
                cgroup,
                OptionalInt.of(exitCode));
    }

    /** Whether its first process is there. */
    public boolean isRunning() {
        // one that ended before its start time could be read has none
        return status.isEmpty() && pid > 0 && started >= 0 && startTime(pid) == started;
    }

    /**
     * Holds its first process; empty when it has ended. Whoever asks closes it, and can't wait for
     * it unless it is a child of this JVM.
     */
    Optional<Pidfd> process() throws ErrnoException {
        if (!isRunning()) {
            return Optional.empty();
        }
        Pidfd process;
        try {
            process = Pidfd.open(pid);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
        if (isRunning()) { // now that its number can't go to another
            return Optional.of(process);
        }
        process.close();
        return Optional.empty();
    }

    /** When a process started, or -1 when there is none. */
    static long startTime(int pid) {
        try {
            String stat =
                    Files.readString(
                            Path.of("/proc", String.valueOf(pid), "stat"),
                            StandardCharsets.ISO_8859_1);
            // the name in parentheses may itself hold spaces and parentheses
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 21);
            return fields[0].equals("Z") ? -1 : Long.parseLong(fields[19]);
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return -1;
        }
    }

    void write(Path directory) throws IOException {
        JsonObject json =
                JsonObject.builder()
                        .put("id", id)
                        .put("name", name)
                        .put("image", image)
                        .put("imageId", imageId)
                        .putStrings("command", command)
                        .put("isolation", isolation.text())
                        .put("created", created)
                        .put("pid", pid)
                        .put("started", started)
                        .putIfTrue("remove", remove)
                        .put("cgroup", cgroup)
                        .put(
                                "status",
                                status.isPresent() ? Integer.valueOf(status.getAsInt()) : null)
                        .build();
        Path next = directory.resolve(FILE + ".new");
        Files.writeString(next, json.toString());
        Files.move(next, directory.resolve(FILE), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    static ContainerRecord read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        Fields fields = Fields.parse(file.toString(), Files.readAllBytes(file));
        Integer status = fields.int32("status", 0, 255);
        String isolation = fields.string("isolation"); // none before there was a choice
        return new ContainerRecord(
                fields.needString("id"),
                fields.needString("name"),
                fields.needString("image"),
                fields.needString("imageId"),
                fields.strings("command"),
                isolation == null ? Isolation.CONTAINER : Isolation.parse(isolation),
                fields.needInteger("created", 0, Long.MAX_VALUE),
                (int) fields.needInteger("pid", 0, Integer.MAX_VALUE),
                fields.needInteger("started", -1, Long.MAX_VALUE),
                fields.isTrue("remove"),
                fields.string("cgroup"),
                status == null ? OptionalInt.empty() : OptionalInt.of(status));
    }
}
