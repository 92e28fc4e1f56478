package dev.carafe.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Real images that other programs made from Debian packages; {@code it/images} lists and builds
 * them. A test that asks for one that is not there is skipped, with the command that builds it.
 */
final class Images {
    private static final Path DIRECTORY =
            Path.of(
                    System.getenv()
                            .getOrDefault("CARAFE_TEST_IMAGES", "/var/tmp/carafe-test-images"));

    private Images() {}

    /** The file of that name, such as {@code busybox.tar} or {@code minbase.oci.tar}. */
    static Path file(String name) {
        Path file = DIRECTORY.resolve(name);
        assumeTrue(Files.isReadable(file), () -> file + " is missing: run it/images as root");
        return file;
    }
}
