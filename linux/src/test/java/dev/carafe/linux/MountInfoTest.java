package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountInfoTest {
    @Test
    void readsEveryField() throws IOException {
        List<MountInfo> mounts =
                MountInfo.parse(
                        """
                        36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue
                        40 36 0:40 / /run rw - tmpfs  rw
                        """);
        assertEquals(
                new MountInfo(
                        36,
                        35,
                        "98:0",
                        "/mnt1",
                        "/mnt2",
                        List.of("rw", "noatime"),
                        List.of("master:1", "shared:7"),
                        "ext3",
                        "/dev/root",
                        List.of("rw", "errors=continue")),
                mounts.getFirst());
        assertEquals("", mounts.get(1).source(), "a source may be empty");
        assertEquals(List.of(), mounts.get(1).propagation());
    }

    @Test
    void resolvesOctalEscapes() throws IOException {
        MountInfo mount =
                MountInfo.parse(
                                "1 2 0:1 / /a\\040b\\011c\\012d\\134040\\043é rw - tmpfs a\\040b rw")
                        .getFirst();
        assertEquals("/a b\tc\nd\\040#é", mount.mountPoint());
        assertEquals("a b", mount.source());
        assertEquals("/x\\", MountInfo.unescape("/x\\"));
        assertEquals("\\99", MountInfo.unescape("\\99"));
    }

    @Test
    void refusesAnotherForm() {
        assertThrows(
                IOException.class,
                () -> MountInfo.parse("36 35 98:0 /mnt1 /mnt2 rw ext3 /dev/root rw"));
        assertThrows(
                IOException.class, () -> MountInfo.parse("x 35 98:0 / / rw - ext3 /dev/root rw"));
    }

    @Test
    void readsThisProcess() throws IOException {
        assertTrue(MountInfo.read().stream().anyMatch(mount -> mount.mountPoint().equals("/proc")));
    }
}
