package dev.carafe.oci.runtime;

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
}
