package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.ErrnoException;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Spec;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the container of a machine's program is made of. */
class ConfinedSpecTest {
    private static final Ids RANGES =
            new Ids(
                    List.of(new IdMapping(0, 1000, 1), new IdMapping(1, 100000, 65536)),
                    List.of(new IdMapping(0, 1000, 1), new IdMapping(1, 100000, 65536)));

    private static Program program() {
        return Program.of(List.of("/usr/bin/true"), Path.of("/dev/null"));
    }

    private static Spec spec(Program program, Ids ids) throws ErrnoException {
        Spec spec = new ConfinedSpec(program, List.of(Path.of("/usr")), ids).spec();
        spec.validate();
        return spec;
    }

    private static Mount at(Spec spec, String place) {
        return spec.mounts().stream()
                .filter(m -> m.destination().equals(place))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void everyMountButTheGivenOnesIsSealed() throws ErrnoException {
        Spec spec =
                spec(
                        program()
                                .reads(Path.of("/boot/vmlinuz"), "/run/kernel")
                                .writes(Path.of("/srv/vm"), "/run/vm")
                                .serves(Path.of("/srv/data"), "/run/share/0", true),
                        Ids.ROOT);
        assertTrue(at(spec, "/usr").options().contains("rro"));
        assertTrue(at(spec, "/proc").options().containsAll(List.of("ro", "subset=pid")));
        assertTrue(at(spec, "/run/kernel").options().contains("rro"));
        assertFalse(at(spec, "/run/vm").options().contains("rro"));
        assertTrue(
                at(spec, "/run/share/0")
                        .options()
                        .containsAll(List.of("rro", "rnosuid", "rnodev", "rnoexec", "rprivate")));
        assertTrue(present(spec.root()).readonly());
        assertEquals(List.of("remount", "ro"), spec.mounts().getLast().options());
    }

    @Test
    void rootsProgramIsSomebodyElseWithoutAUserNamespace() throws ErrnoException {
        Spec spec = spec(program().user(0x7000_0001L), Ids.ROOT);
        assertEquals(0x7000_0001L, present(spec.process()).user().uid());
        assertFalse(namespaces(spec).contains(Namespace.Type.USER));
        assertTrue(namespaces(spec).contains(Namespace.Type.NETWORK));
    }

    @Test
    void anOrdinaryUsersProgramHasThatOneIdAndAServerAllOfThem() throws ErrnoException {
        Spec plain = spec(program().user(0x7000_0001L), RANGES);
        assertEquals(List.of(new IdMapping(0, 1000, 1)), present(plain.linux()).uidMappings());
        assertEquals(0, present(plain.process()).user().uid());
        Spec server = spec(program().root(List.of("CAP_CHOWN")), RANGES);
        assertEquals(RANGES.uids(), present(server.linux()).uidMappings());
        assertTrue(namespaces(server).contains(Namespace.Type.USER));
    }

    @Test
    void placesOutsideItsOwnDirectoriesAreRefused() {
        for (String place : List.of("/etc/x", "/run/../usr", "/run", "run/x")) {
            assertThrows(
                    IllegalArgumentException.class, () -> program().reads(Path.of("/x"), place));
        }
        assertThrows(IllegalArgumentException.class, () -> program().reads(Path.of("x"), "/run/x"));
        assertThrows(IllegalArgumentException.class, () -> program().device("/etc/passwd"));
        assertThrows(IllegalArgumentException.class, () -> program().user(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> Program.of(List.of("qemu"), Path.of("/dev/null")));
    }

    @Test
    void aMachineHasAnIdThatNoUserHas() {
        assertEquals(0x7000_0000L, Program.userOf("0".repeat(64)));
        assertEquals(0x7FFF_FFFFL, Program.userOf("f".repeat(64)));
    }

    private static List<Namespace.Type> namespaces(Spec spec) {
        return present(spec.linux()).namespaces().stream().map(Namespace::type).toList();
    }

    private static <T> T present(@Nullable T value) {
        return Objects.requireNonNull(value);
    }
}
