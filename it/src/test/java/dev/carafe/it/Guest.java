package dev.carafe.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A guest of the tests' own: Debian's kernel with an initramfs of busybox. */
final class Guest {
    private Guest() {}

    /** The newest of Debian's cloud kernels; without one the test is skipped. */
    static Path kernel() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/boot"))) {
            var newest =
                    files.filter(f -> f.getFileName().toString().matches("vmlinuz-.*-cloud-amd64"))
                            .filter(Files::isReadable)
                            .max(Comparator.comparing(Path::toString));
            assumeTrue(newest.isPresent(), "needs the package linux-image-cloud-amd64");
            return newest.orElseThrow();
        }
    }
}
