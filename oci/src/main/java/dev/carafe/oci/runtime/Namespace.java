package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A namespace to create or to join (config-linux.md, "Namespaces").
 *
 * @param path of an existing one to join, absolute; unset: a new one is created
 */
public record Namespace(Type type, @Nullable String path) {

    /** The kinds of namespace. */
    public enum Type {
        PID("pid"),
        NETWORK("network"),
        MOUNT("mount"),
        IPC("ipc"),
        UTS("uts"),
        USER("user"),
        CGROUP("cgroup"),
        TIME("time");

        private final String json;

        Type(String json) {
            this.json = json;
        }

        /** The name in config.json, e.g. "network". */
        public String json() {
            return json;
        }
    }

    /** A new namespace. */
    public Namespace(Type type) {
        this(type, null);
    }

    static Namespace read(Fields f) {
        String name = f.needString("type");
        for (Type type : Type.values()) {
            if (type.json.equals(name)) {
                return new Namespace(type, f.string("path"));
            }
        }
        throw f.wrong("type", "unknown namespace type ".concat(OciException.quote(name)));
    }

    static List<Namespace> readAll(List<Fields> all) {
        List<Namespace> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<Namespace> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (Namespace one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder().put("type", type.json).put("path", path).build();
    }
}
