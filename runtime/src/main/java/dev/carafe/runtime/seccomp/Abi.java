package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Arch;
import org.jspecify.annotations.Nullable;

/** The system call interfaces of the kernels that Carafe runs on, by their names in a profile. */
enum Abi {
    SCMP_ARCH_X86_64(1, Arch.X86_64, 0xC000003E, 0, true),
    SCMP_ARCH_X86(2, Arch.X86_64, 0x40000003, 0, false),
    SCMP_ARCH_X32(3, Arch.X86_64, 0xC000003E, 0x4000_0000, false),
    SCMP_ARCH_AARCH64(4, Arch.AARCH64, 0xC00000B7, 0, true),
    SCMP_ARCH_ARM(5, Arch.AARCH64, 0x40000028, 0, false);

    /** Names of the specification that no kernel here can have calls of. */
    private static final String FOREIGN =
            " SCMP_ARCH_MIPS SCMP_ARCH_MIPS64 SCMP_ARCH_MIPS64N32 SCMP_ARCH_MIPSEL SCMP_ARCH_MIPSEL64"
                    + " SCMP_ARCH_MIPSEL64N32 SCMP_ARCH_PPC SCMP_ARCH_PPC64 SCMP_ARCH_PPC64LE SCMP_ARCH_S390"
                    + " SCMP_ARCH_S390X SCMP_ARCH_PARISC SCMP_ARCH_PARISC64 SCMP_ARCH_RISCV64 SCMP_ARCH_LOONGARCH64"
                    + " SCMP_ARCH_M68K SCMP_ARCH_SH SCMP_ARCH_SHEB ";

    private final int column;
    private final Arch host;
    private final int audit;
    private final int bit;
    private final boolean wide;

    Abi(int column, Arch host, int audit, int bit, boolean wide) {
        this.column = column;
        this.host = host;
        this.audit = audit;
        this.bit = bit;
        this.wide = wide;
    }

    /** Its column in the table of system calls. */
    int column() {
        return column;
    }

    /** The processor whose kernel has it. */
    Arch host() {
        return host;
    }

    /** AUDIT_ARCH_*, what a filter sees as the architecture. */
    int audit() {
        return audit;
    }

    /** What a filter sees added to every number: __X32_SYSCALL_BIT or nothing. */
    int bit() {
        return bit;
    }

    /**
     * Whether arguments are compared in all their 64 bits, or in the lower 32 as libseccomp does.
     */
    boolean wide() {
        return wide;
    }

    /** The interface that programs of the processor use unless they are special. */
    static Abi of(Arch arch) {
        return switch (arch) {
            case X86_64 -> SCMP_ARCH_X86_64;
            case AARCH64 -> SCMP_ARCH_AARCH64;
        };
    }

    /**
     * The interface of that name; null for one of a foreign processor.
     *
     * @throws IllegalArgumentException for a name that the specification does not have
     */
    static @Nullable Abi named(String name) {
        for (Abi abi : values()) {
            if (abi.name().equals(name)) {
                return abi;
            }
        }
        if (name.indexOf(' ') >= 0 || !FOREIGN.contains(" " + name + " ")) {
            throw new IllegalArgumentException("unknown seccomp architecture: " + name);
        }
        return null;
    }
}
