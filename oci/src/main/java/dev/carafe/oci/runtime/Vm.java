package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section "vm" of config.json (config-vm.md). */
public record Vm(@Nullable Hypervisor hypervisor, Kernel kernel, @Nullable Image image) {

    /**
     * The program that runs the machine.
     *
     * @param path absolute, on the host
     */
    public record Hypervisor(String path, List<String> parameters) {
        /** Copies the list. */
        public Hypervisor {
            parameters = List.copyOf(parameters);
        }
    }

    /**
     * The kernel of the machine.
     *
     * @param path absolute, on the host
     * @param initrd absolute path of an initial ramdisk, on the host
     */
    public record Kernel(String path, List<String> parameters, @Nullable String initrd) {
        /** Copies the list. */
        public Kernel {
            parameters = List.copyOf(parameters);
        }
    }

    /**
     * The disk that holds the root file system.
     *
     * @param path absolute, on the host
     * @param format "raw", "qcow2", "vdi", "vmdk" or "vhd"
     */
    public record Image(String path, String format) {}

    static Vm read(Fields f) {
        Fields hypervisor = f.child("hypervisor");
        Fields kernel = f.needChild("kernel");
        Fields image = f.child("image");
        return new Vm(
                hypervisor == null
                        ? null
                        : new Hypervisor(
                                hypervisor.needString("path"), hypervisor.strings("parameters")),
                new Kernel(
                        kernel.needString("path"),
                        kernel.strings("parameters"),
                        kernel.string("initrd")),
                image == null
                        ? null
                        : new Image(image.needString("path"), image.needString("format")));
    }

    JsonObject json() {
        JsonObject.Builder out = JsonObject.builder();
        if (hypervisor != null) {
            out.put(
                    "hypervisor",
                    JsonObject.builder()
                            .put("path", hypervisor.path)
                            .putStrings("parameters", hypervisor.parameters)
                            .build());
        }
        out.put(
                "kernel",
                JsonObject.builder()
                        .put("path", kernel.path)
                        .putStrings("parameters", kernel.parameters)
                        .put("initrd", kernel.initrd)
                        .build());
        if (image != null) {
            out.put(
                    "image",
                    JsonObject.builder()
                            .put("path", image.path)
                            .put("format", image.format)
                            .build());
        }
        return out.build();
    }
}
