package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.runtime.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which virtiofsd a host has, and how it is called. */
class VirtiofsdTest {
    @TempDir Path host = Path.of("/nonexistent");

    private void install(String path) throws IOException {
        Path file = host.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, "");
        assertTrue(file.toFile().setExecutable(true));
    }

    @Test
    void theMissingPackageIsNamed() {
        var missing = assertThrows(StartException.class, () -> Virtiofsd.find(host));
        assertEquals(
                "virtiofsd is not installed, which shares directories with a virtual machine:"
                        + " install the package virtiofsd, or qemu-system-common on Debian 12",
                missing.getMessage());
    }

    @Test
    void qemusHasOptionsOfItsOwn() throws Exception {
        install("usr/lib/qemu/virtiofsd");
        Virtiofsd daemon = Virtiofsd.find(host);
        assertTrue(daemon.qemus());
        assertEquals(
                "/usr/lib/qemu/virtiofsd --fd=0 --rlimit-nofile=0 -f -o source=/run/share,sandbox=chroot,"
                        + "modcaps=-mknod,announce_submounts,xattr,cache=auto,timeout=0.1,no_posix_lock,no_flock,"
                        + "log_level=warn",
                String.join(" ", daemon.command(0, "/run/share")));
    }

    @Test
    void theNewerOneIsPreferred() throws Exception {
        install("usr/lib/qemu/virtiofsd");
        install("usr/libexec/virtiofsd");
        Virtiofsd daemon = Virtiofsd.find(host);
        assertFalse(daemon.qemus());
        assertEquals(
                "/usr/libexec/virtiofsd --fd=0 --rlimit-nofile=0 --shared-dir=/run/share --sandbox=chroot"
                        + " --modcaps=-mknod --announce-submounts --xattr --cache=auto --log-level=warn",
                String.join(" ", daemon.command(0, "/run/share")));
    }
}
