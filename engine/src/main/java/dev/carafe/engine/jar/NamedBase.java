package dev.carafe.engine.jar;

import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.LayerView;
import dev.carafe.linux.Arch;
import java.util.Map;

/** Checks that a run-time image of this host runs on an image that was made elsewhere. */
final class NamedBase {
    private NamedBase() {}

    /**
     * @param name as the user gave it
     * @throws ImageException with the file that the image lacks
     */
    static void check(String name, Image base, Linkage linkage) throws ImageException {
        String arch = base.config().architecture();
        if (!arch.equals(Arch.host().oci())) {
            throw new ImageException(
                    "the base "
                            + name
                            + " is for "
                            + arch
                            + ", and the run-time image is for "
                            + Arch.host().oci());
        }
        LayerView files = base.view();
        if (linkage.interpreter().isPresent()
                && !exists(files, linkage.interpreter().get().substring(1))) {
            throw new ImageException(
                    "the base "
                            + name
                            + " has no "
                            + linkage.interpreter().get()
                            + ", the dynamic linker of that JDK: it is empty or has another C"
                            + " library; use another base, or name a JDK for it with --java-home");
        }
        for (Map.Entry<String, String> library : linkage.outside().entrySet()) {
            if (!linkage.isOptional(library.getKey())
                    && !has(files, library.getKey(), linkage.machine())) {
                throw new ImageException(
                        "the base "
                                + name
                                + " has no "
                                + library.getKey()
                                + ", which the JDK's "
                                + library.getValue()
                                + " needs; use a base that has it, or host-libc");
            }
        }
    }

    private static boolean has(LayerView files, String library, int machine) {
        for (String directory : SharedLibraries.directories(machine)) {
            if (exists(files, directory.substring(1) + "/" + library)) {
                return true;
            }
        }
        return false;
    }

    private static boolean exists(LayerView files, String path) {
        try {
            return files.readFile(path) != null;
        } catch (ImageException e) {
            return false; // a directory, or a file that can't be read
        }
    }
}
