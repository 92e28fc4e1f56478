package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Pidfd;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * @param labels the image's and its own
 * @param isolation the wall that it is behind
 * @param created seconds since the epoch
 * @param first its first process, or the hypervisor
 * @param owner the process whose engine started it, and that records its end
 * @param remove whether it is removed at its end
 * @param cgroup its cgroup's path, or null when it has none
 * @param stopSignal the signal that asks it to end, where the image or the user says one
 * @param stopTimeout how many seconds it then has, -1 for any number, where the user says it
 * @param finished when its end was recorded, in seconds since the epoch; 0 before
 * @param status its exit code; empty while it runs, and when its owner ended before it did
 * @param failure why it ended, where the exit code alone does not say so, or null
 */
public record ContainerRecord(
        String id,
        String name,
        String image,
        String imageId,
        List<String> command,
        Map<String, String> labels,
        Isolation isolation,
        long created,
        ProcessId first,
        ProcessId owner,
        boolean remove,
        @Nullable String cgroup,
        OptionalInt stopSignal,
        OptionalInt stopTimeout,
        long finished,
        OptionalInt status,
        @Nullable String failure) {
    static final String FILE = "state.json";

    public ContainerRecord {
        command = List.copyOf(command);
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    }

    /**
     * @param exitCode empty when nobody saw it
     */
    ContainerRecord ended(OptionalInt exitCode) {
        return ended(exitCode, null);
    }

    ContainerRecord ended(OptionalInt exitCode, @Nullable String why) {
        return new ContainerRecord(
                id,
                name,
                image,
                imageId,
                command,
                labels,
                isolation,
                created,
                first,
                owner,
                remove,
                cgroup,
                stopSignal,
                stopTimeout,
                System.currentTimeMillis() / 1000,
                exitCode,
                why);
    }

    /** The number of its first process, or of the hypervisor. */
    public int pid() {
        return first.pid();
    }

    /** Whether its first process is there. */
    public boolean isRunning() {
        return finished == 0 && first.isAlive();
    }

    /**
     * Holds its first process; empty when it has ended. Whoever asks closes it, and can't wait for
     * its status unless it is a child of this JVM.
     */
    Optional<Pidfd> process() throws ErrnoException {
        return isRunning() ? first.hold() : Optional.empty();
    }

    void write(Path directory) throws IOException {
        JsonObject json =
                JsonObject.builder()
                        .put("id", id)
                        .put("name", name)
                        .put("image", image)
                        .put("imageId", imageId)
                        .putStrings("command", command)
                        .putStrings("labels", labels)
                        .put("isolation", isolation.text())
                        .put("created", created)
                        .put("pid", first.pid())
                        .put("started", first.started())
                        .put("owner", owner.pid())
                        .put("ownerStarted", owner.started())
                        .putIfTrue("remove", remove)
                        .put("cgroup", cgroup)
                        .put("stopSignal", number(stopSignal))
                        .put("stopTimeout", number(stopTimeout))
                        .put("finished", finished == 0 ? null : Long.valueOf(finished))
                        .put("status", number(status))
                        .put("failure", failure)
                        .build();
        Path next = directory.resolve(FILE + ".new");
        Files.writeString(next, json.toString());
        Files.move(next, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    private static @Nullable Integer number(OptionalInt value) {
        return value.isPresent() ? Integer.valueOf(value.getAsInt()) : null;
    }

    private static OptionalInt number(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    static ContainerRecord read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        Fields fields = Fields.parse(file.toString(), Files.readAllBytes(file));
        String isolation = fields.string("isolation"); // none before there was a choice
        Integer status = fields.int32("status", 0, 255);
        Long finished = fields.integer("finished", 0, Long.MAX_VALUE);
        long created = fields.needInteger("created", 0, Long.MAX_VALUE);
        return new ContainerRecord(
                fields.needString("id"),
                fields.needString("name"),
                fields.needString("image"),
                fields.needString("imageId"),
                fields.strings("command"),
                fields.stringMap("labels"),
                isolation == null ? Isolation.CONTAINER : Isolation.parse(isolation),
                created,
                process(fields, "pid", "started"),
                process(fields, "owner", "ownerStarted"),
                fields.isTrue("remove"),
                fields.string("cgroup"),
                number(fields.int32("stopSignal", 1, 64)),
                number(fields.int32("stopTimeout", -1, Integer.MAX_VALUE)),
                finished == null ? status == null ? 0 : created : finished,
                number(status),
                fields.string("failure"));
    }

    private static ProcessId process(Fields fields, String pid, String started) {
        Integer number = fields.int32(pid, 0, Integer.MAX_VALUE);
        Long time = fields.integer(started, -1, Long.MAX_VALUE);
        return new ProcessId(number == null ? 0 : number, time == null ? -1 : time);
    }
}
