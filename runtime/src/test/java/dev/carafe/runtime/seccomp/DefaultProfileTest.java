package dev.carafe.runtime.seccomp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arch;
import dev.carafe.runtime.CapabilitySets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DefaultProfileTest {
    private static final int X86_64 = 0xC000003E;
    private static final int I386 = 0x40000003;
    private static final int ALLOW = 0x7FFF0000;
    private static final int EPERM = 0x50001;
    private static final int ENOSYS = 0x50000 | 38;
    private static final int EAFNOSUPPORT = 0x50000 | 97;

    private static final BpfMachine DEFAULT = machine(CapabilitySets.DEFAULT);

    private static BpfMachine machine(List<String> capabilities) {
        return new BpfMachine(
                SeccompFilter.compile(Arch.X86_64, DefaultProfile.profile(capabilities)).program());
    }

    @SuppressWarnings("UnusedMethod")
    private static int verdict(BpfMachine machine, String call, long... args) {
        Integer nr = Syscalls.of(Abi.SCMP_ARCH_X86_64).get(call);
        return machine.run(new BpfMachine.Call(java.util.Objects.requireNonNull(nr), X86_64, args));
    }

    @Test
    void size() {
        long steps = 0;
        int most = 0;
        for (int nr : Syscalls.of(Abi.SCMP_ARCH_X86_64).values()) {
            DEFAULT.run(new BpfMachine.Call(nr, X86_64));
            steps += DEFAULT.executed();
            most = Math.max(most, DEFAULT.executed());
        }
        System.out.println(
                DEFAULT.length()
                        + " "
                        + steps / (double) Syscalls.of(Abi.SCMP_ARCH_X86_64).size()
                        + " "
                        + most);
        assertTrue(DEFAULT.length() < 400);
    }
}
