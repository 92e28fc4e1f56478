package dev.carafe.cli;

import dev.carafe.engine.ContainerRecord;
import dev.carafe.engine.Engine;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Spec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything about a container, its members named as in Docker's API. */
final class ContainerInspect {
    private static final String NEVER = "0001-01-01T00:00:00Z";

    private ContainerInspect() {}

    static Json json(Engine engine, ContainerRecord container) {
        Spec spec = engine.configuration(container);
        List<String> command = container.command();
        return JsonObject.builder()
                .put("Id", container.id())
                .put("Created", time(container.created()))
                .put("Path", command.isEmpty() ? "" : command.getFirst())
                .putStrings(
                        "Args", command.isEmpty() ? command : command.subList(1, command.size()))
                .put("State", state(engine, container))
                .put("Image", container.imageId())
                .put("Name", "/" + container.name())
                .put(
                        "HostConfig",
                        JsonObject.builder()
                                .put("AutoRemove", Boolean.valueOf(container.remove()))
                                .put("CgroupParent", parent(container.cgroup()))
                                .put("Isolation", container.isolation().text())
                                .put(
                                        "ReadonlyRootfs",
                                        spec.root() != null && spec.root().readonly())
                                .build())
                .put("Mounts", mounts(spec))
                .put("Config", config(container, spec))
                .build();
    }

    private static @Nullable String parent(@Nullable String cgroup) {
        return cgroup == null ? null : cgroup.substring(0, cgroup.lastIndexOf('/'));
    }

    private static String time(long seconds) {
        return seconds == 0 ? NEVER : Instant.ofEpochSecond(seconds).toString();
    }

    private static Json state(Engine engine, ContainerRecord container) {
        boolean running = container.isRunning();
        boolean paused = engine.isPaused(container);
        // null is what nobody knows: the owner ended before the container did
        @Nullable Integer status =
                container.status().isPresent()
                        ? Integer.valueOf(container.status().getAsInt())
                        : running ? Integer.valueOf(0) : null;
        return JsonObject.builder()
                .put("Status", paused ? "paused" : running ? "running" : "exited")
                .put("Running", Boolean.valueOf(running))
                .put("Paused", Boolean.valueOf(paused))
                .put("Pid", running ? container.pid() : 0)
                .put("ExitCode", status)
                .put("Error", container.failure() == null ? "" : container.failure())
                .put("StartedAt", time(container.created()))
                .put("FinishedAt", time(container.finished()))
                .build();
    }

    private static Json mounts(Spec spec) {
        List<Json> mounts = new ArrayList<>();
        for (Mount mount : spec.mounts()) {
            if ("bind".equals(mount.type())) {
                boolean readOnly =
                        mount.options().contains("ro") || mount.options().contains("rro");
                mounts.add(
                        JsonObject.builder()
                                .put("Type", "bind")
                                .put("Source", mount.source())
                                .put("Destination", mount.destination())
                                .put("RW", Boolean.valueOf(!readOnly))
                                .build());
            }
        }
        return new JsonArray(mounts);
    }

    private static Json config(ContainerRecord container, Spec spec) {
        JsonObject.Builder config =
                JsonObject.builder()
                        .put("Hostname", spec.hostname())
                        .put("Image", container.image())
                        .putStrings("Cmd", container.command())
                        .putStrings("Labels", container.labels());
        Process process = spec.process();
        if (process != null) {
            config.put("User", process.user().uid() + ":" + process.user().gid())
                    .put("Tty", Boolean.valueOf(process.terminal()))
                    .putStrings("Env", process.env())
                    .put("WorkingDir", process.cwd());
        }
        if (container.stopSignal().isPresent()) {
            config.put("StopSignal", String.valueOf(container.stopSignal().getAsInt()));
        }
        return config.build();
    }
}
