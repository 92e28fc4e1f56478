package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a container, as hooks and "state" see it (runtime.md, "State").
 *
 * @param pid as seen by the host; unset once stopped
 * @param bundle absolute path of the bundle's directory
 */
public record State(
        String ociVersion,
        String id,
        Status status,
        @Nullable Integer pid,
        String bundle,
        Map<String, String> annotations) {
    /** Copies the lists and maps; maps keep their order. */
    public State {
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** Where a container is in its life. */
    public enum Status {
        CREATING("creating"),
        CREATED("created"),
        RUNNING("running"),
        STOPPED("stopped");

        private final String json;

        Status(String json) {
            this.json = json;
        }

        /** The name in JSON, e.g. "running". */
        public String json() {
            return json;
        }
    }

    /**
     * Reads a state.
     *
     * @param where file name, which begins every error
     * @throws OciException when it is no such document
     */
    public static State parse(String where, byte[] utf8) {
        Fields f = Fields.parse(where, utf8);
        return new State(
                f.needString("ociVersion"),
                f.needString("id"),
                status(f),
                f.int32("pid", 0, Integer.MAX_VALUE),
                f.needString("bundle"),
                f.stringMap("annotations"));
    }

    private static Status status(Fields f) {
        String name = f.needString("status");
        for (Status status : Status.values()) {
            if (status.json.equals(name)) {
                return status;
            }
        }
        throw f.wrong("status", "unknown status ".concat(OciException.quote(name)));
    }

    /** As hooks get it. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("ociVersion", ociVersion)
                .put("id", id)
                .put("status", status.json)
                .put("pid", pid)
                .put("bundle", bundle)
                .putStrings("annotations", annotations)
                .build();
    }
}
