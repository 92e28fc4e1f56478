package dev.carafe.it;

import static dev.carafe.it.Containers.sh;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The files that a container sees and may write. */
@Tag("rootless")
class MountsTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @RegisterExtension final Containers containers = new Containers(carafe);
    @TempDir Path directory;

    @Test
    void volumeIsWritten() throws Exception {
        containers.run(sh("echo from inside > /v/file").volume(Volume.of(directory, "/v"))).ok();
        assertEquals("from inside\n", Files.readString(directory.resolve("file")));
    }

    @Test
    void readOnlyVolumeIsNotWritten() throws Exception {
        Files.writeString(directory.resolve("file"), "mine");
        var options = sh("cat /v/file; echo x > /v/file");
        var ended = containers.run(options.volume(Volume.readOnly(directory, "/v")));
        assertEquals("mine", ended.out());
        assertTrue(ended.err().contains("Read-only"), ended::toString);
        assertEquals("mine", Files.readString(directory.resolve("file")));
    }

    @Test
    void readOnlyVolumeOfAFile() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "mine");
        var options = sh("cat /a/b/file; echo x > /a/b/file");
        var ended = containers.run(options.volume(Volume.readOnly(file, "/a/b/file")));
        assertEquals("mine", ended.out());
        assertTrue(ended.err().contains("Read-only"), ended::toString);
    }

    /** A mount below the source is as read-only as the source. */
    @Test
    @Tag("root")
    void readOnlyVolumeIsSoBelow() {
        // /dev is a mount of its own with others below it
        var options = sh("echo x > /v/shm/file").volume(Volume.readOnly(Path.of("/dev"), "/v"));
        var ended = containers.run(options);
        assertTrue(ended.err().contains("Read-only"), ended::toString);
        assertFalse(Files.exists(Path.of("/dev/shm/file")));
    }

    @Test
    void missingSourceIsRefusedByName() {
        Path missing = directory.resolve("missing");
        EngineException e = containers.refusal(sh("true").volume(Volume.of(missing, "/v")));
        assertTrue(String.valueOf(e.getMessage()).contains(missing.toString()), e.getMessage());
        assertFalse(Files.exists(missing));
    }

    @Test
    void readOnlyRootHasWritableTmpfs() {
        String script = "echo x > /run/file && cat /run/file; echo x > /tmp/file || echo refused";
        var ended = containers.run(sh(script).readOnly(true).tmpfs("/run", "size=1m"));
        assertEquals("x\nrefused\n", ended.out());
        assertTrue(ended.err().contains("Read-only"), ended::toString);
    }

    @Test
    void tmpfsIsFreshAndBounded() {
        String script = "ls -A /etc/fresh; df -k --output=size /etc/fresh | tail -1";
        assertEquals("1024", containers.run(sh(script).tmpfs("/etc/fresh", "size=1m")).line());
    }

    @Test
    void rootIsWritableAndThrownAway() {
        assertEquals("x", containers.run(sh("echo x > /etc/made; cat /etc/made")).line());
        assertEquals("none", containers.run(sh("cat /etc/made 2>/dev/null || echo none")).line());
    }
}
