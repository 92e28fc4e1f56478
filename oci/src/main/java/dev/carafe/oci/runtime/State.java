package dev.carafe.oci.runtime;

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
}
