package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;

/**
 * Commands run at points of the lifecycle (config.md, "POSIX-platform Hooks").
 *
 * @param prestart deprecated: run as {@code createRuntime}, before it
 * @param createRuntime in the runtime's namespaces, once the container's exist, before pivot_root
 * @param createContainer in the container's namespaces, before pivot_root
 * @param startContainer in the container's namespaces, before the process is executed
 * @param poststart in the runtime's namespaces, once the process runs
 * @param poststop in the runtime's namespaces, once the container is deleted
 */
public record Hooks(
        List<Hook> prestart,
        List<Hook> createRuntime,
        List<Hook> createContainer,
        List<Hook> startContainer,
        List<Hook> poststart,
        List<Hook> poststop) {
    /** Copies the lists and maps; maps keep their order. */
    public Hooks {
        prestart = List.copyOf(prestart);
        createRuntime = List.copyOf(createRuntime);
        createContainer = List.copyOf(createContainer);
        startContainer = List.copyOf(startContainer);
        poststart = List.copyOf(poststart);
        poststop = List.copyOf(poststop);
    }

    static Hooks read(Fields f) {
        return new Hooks(
                Hook.readAll(f.children("prestart")),
                Hook.readAll(f.children("createRuntime")),
                Hook.readAll(f.children("createContainer")),
                Hook.readAll(f.children("startContainer")),
                Hook.readAll(f.children("poststart")),
                Hook.readAll(f.children("poststop")));
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("prestart", Hook.json(prestart))
                .put("createRuntime", Hook.json(createRuntime))
                .put("createContainer", Hook.json(createContainer))
                .put("startContainer", Hook.json(startContainer))
                .put("poststart", Hook.json(poststart))
                .put("poststop", Hook.json(poststop))
                .build();
    }
}
