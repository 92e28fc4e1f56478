package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The root of config.json (runtime-spec 1.2, config.md), for Linux and for virtual machines.
 *
 * <p>Sections for other systems (solaris, windows, zos) are ignored, as are unknown properties.
 */
public record Spec(
        String ociVersion,
        @Nullable Root root,
        List<Mount> mounts,
        @Nullable Process process,
        @Nullable String hostname,
        @Nullable String domainname,
        @Nullable Hooks hooks,
        @Nullable Linux linux,
        @Nullable Vm vm,
        Map<String, String> annotations) {
    /** Copies the lists and maps; maps keep their order. */
    public Spec {
        mounts = List.copyOf(mounts);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** The version of the runtime specification that these records follow. */
    public static final String VERSION = "1.2.1";

    /**
     * Reads config.json. Unknown properties are ignored; {@link #validate} is not called.
     *
     * @param where file name, which begins every error
     * @throws OciException when it is no such document
     */
    public static Spec parse(String where, byte[] utf8) {
        return read(Fields.parse(where, utf8));
    }

    private static Spec read(Fields f) {
        Fields root = f.child("root");
        Fields process = f.child("process");
        Fields hooks = f.child("hooks");
        Fields linux = f.child("linux");
        Fields vm = f.child("vm");
        return new Spec(
                f.needString("ociVersion"),
                root == null ? null : Root.read(root),
                Mount.readAll(f.children("mounts")),
                process == null ? null : Process.read(process),
                f.string("hostname"),
                f.string("domainname"),
                hooks == null ? null : Hooks.read(hooks),
                linux == null ? null : Linux.read(linux),
                vm == null ? null : Vm.read(vm),
                f.stringMap("annotations"));
    }

    /** As config.json. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("ociVersion", ociVersion)
                .put("root", root == null ? null : root.json())
                .put("mounts", Mount.json(mounts))
                .put("process", process == null ? null : process.json())
                .put("hostname", hostname)
                .put("domainname", domainname)
                .put("hooks", hooks == null ? null : hooks.json())
                .put("linux", linux == null ? null : linux.json())
                .put("vm", vm == null ? null : vm.json())
                .putStrings("annotations", annotations)
                .build();
    }

    /**
     * Checks what the specification demands beyond the shape of the document.
     *
     * @throws OciException with the first mistake, by the property's path
     */
    public void validate() {
        SpecCheck.check(this);
    }
}
