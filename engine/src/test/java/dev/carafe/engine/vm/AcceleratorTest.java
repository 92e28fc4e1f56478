package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceleratorTest {
    private static final KvmProbe.Result YES = new KvmProbe.Result(true, "fine", false, false);
    private static final KvmProbe.Result NO = new KvmProbe.Result(false, "bad: it", true, false);
    private static final KvmProbe.Result SLOW = new KvmProbe.Result(false, "slow", true, true);
    private static final long NOW = 1_000_000_000_000L;

    @TempDir private Path dir;
    private int probes;

    private KvmProbe.Result kept(String device, long now, KvmProbe.Result found) {
        return Accelerator.kept(
                HostRecord.in(dir),
                device,
                now,
                () -> {
                    probes++;
                    return found;
                });
    }

    @Test
    void whatWasFoundIsKept() {
        assertEquals(YES, kept("a", NOW, YES));
        assertEquals(YES, kept("a", NOW + (1L << 40), NO));
        assertEquals(1, probes);
        assertEquals(NO, kept("b", NOW, NO));
        assertEquals(NO, kept("b", NOW, YES));
        assertEquals(2, probes);
    }

    @Test
    void whatABusyHostMayHaveCausedIsDoubtedLater() {
        assertEquals(SLOW, kept("a", NOW, SLOW));
        assertEquals("slow", kept("a", NOW + 1000, YES).reason());
        assertEquals(YES, kept("a", NOW + 3_600_000, YES));
        assertEquals(2, probes);
    }

    @Test
    void anotherBootBeginsAnew() throws IOException {
        kept("a", NOW, YES);
        Path file = dir.resolve("vm-host");
        Files.writeString(
                file, Files.readString(file).replaceFirst("for 1 \\d+ ....", "for 1 0 x"));
        assertEquals(NO, kept("a", NOW, NO));
    }

    @Test
    void garbageIsNotBelieved() throws IOException {
        kept("a", NOW, YES);
        Path file = dir.resolve("vm-host");
        Files.writeString(
                file, Files.readString(file).replace("kvm works: ", "kvm ") + "\nkvm-at x\n \n\0");
        assertEquals(NO, kept("a", NOW, NO));
        try (Stream<Path> files = Files.list(dir)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void aDirectoryThatCanNotBeMadeCostsOnlyTime() throws IOException {
        dir = Files.writeString(dir.resolve("file"), "").resolve("below");
        assertEquals(YES, kept("a", NOW, YES));
        assertEquals(NO, kept("a", NOW, NO));
    }

    @Test
    void insisting() throws IOException {
        Accelerator tcg = Accelerator.choose(Optional.of("tcg"), dir);
        assertEquals(new Accelerator(Accelerator.Kind.TCG, "asked for", "max"), tcg);
        assertEquals(
                "invalid accelerator: hvf (kvm or tcg)",
                assertThrows(VmException.class, () -> Accelerator.choose(Optional.of("hvf"), dir))
                        .getMessage());
        Accelerator chosen = Accelerator.choose(Optional.empty(), dir);
        assertFalse(chosen.reason().isEmpty());
        if (chosen.kind() == Accelerator.Kind.KVM) {
            assertEquals(chosen, Accelerator.choose(Optional.of("kvm"), dir));
            assertTrue(chosen.cpu().startsWith("host"));
        } else {
            assertEquals(
                    "accelerator kvm: " + chosen.reason(),
                    assertThrows(
                                    VmException.class,
                                    () -> Accelerator.choose(Optional.of("kvm"), dir))
                            .getMessage());
        }
    }
}
