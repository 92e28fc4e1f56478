package dev.carafe.runtime.seccomp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Arch;
import dev.carafe.oci.runtime.Seccomp;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random profiles, compiled here and by libseccomp: both programs must give the same verdicts.
 * Several rules with arguments for one call are left to {@link SeccompFilterTest}: libseccomp 2.5.4
 * allows calls that match none of them.
 */
class LibseccompTest {
    private static final int PROFILES = 100;

    @TempDir Path directory;
    private @Nullable Libseccomp library;

    @BeforeEach
    void load() {
        Optional<Libseccomp> loaded = Libseccomp.load();
        assumeTrue(loaded.isPresent(), "libseccomp.so.2 is not installed (package libseccomp2)");
        library = loaded.get();
    }

    private Libseccomp library() {
        return Objects.requireNonNull(library);
    }

    @Test
    void numbersAreLibseccomps() {
        for (Abi abi : Abi.values()) {
            int known = 0;
            for (Map.Entry<String, Integer> call : Syscalls.of(abi).entrySet()) {
                int number = library().number(abi, call.getKey());
                if (number >= 0) {
                    known++;
                    assertEquals(number, call.getValue(), call.getKey() + " of " + abi);
                }
            }
            assertTrue(known > 280, abi + " has only " + known);
        }
    }

    @Test
    void verdictsOnX86AreLibseccomps() {
        same(Arch.X86_64, List.of("SCMP_ARCH_X86", "SCMP_ARCH_X32"), 1);
    }

    @Test
    void verdictsOnArmAreLibseccomps() {
        same(Arch.AARCH64, List.of("SCMP_ARCH_ARM"), 2);
    }

    private void same(Arch arch, List<String> others, long seed) {
        List<String> names = new ArrayList<>();
        for (String name : new TreeMap<>(Syscalls.of(Abi.SCMP_ARCH_X86_64)).keySet()) {
            if (library().number(Abi.SCMP_ARCH_X86_64, name) != -1) {
                names.add(name);
            }
        }
        RandomProfiles profiles = new RandomProfiles(seed, names, others, false);
        for (int i = 0; i < PROFILES; i++) {
            Seccomp profile = profiles.next();
            BpfMachine ours = new BpfMachine(SeccompFilter.compile(arch, profile).program());
            BpfMachine theirs =
                    new BpfMachine(
                            library().compile(Abi.of(arch), profile, directory.resolve("bpf")));
            profiles.calls(
                    profile,
                    call -> {
                        int expected = theirs.run(call);
                        int actual = ours.run(call);
                        if (expected != actual) {
                            assertEquals(
                                    Integer.toHexString(expected),
                                    Integer.toHexString(actual),
                                    () -> call + " under " + RandomProfiles.rules(call, profile));
                        }
                    });
        }
    }
}
