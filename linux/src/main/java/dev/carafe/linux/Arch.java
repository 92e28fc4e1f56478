package dev.carafe.linux;

/** The processor architectures that plans can be assembled for, by their Linux names. */
public enum Arch {
    X86_64("amd64", 62, 0xC000003EL),
    AARCH64("arm64", 183, 0xC00000B7L);

    private final String oci;
    private final int elfMachine;
    private final long audit;

    Arch(String oci, int elfMachine, long audit) {
        this.oci = oci;
        this.elfMachine = elfMachine;
        this.audit = audit;
    }

    /** The architecture's name in an OCI image (GOARCH). */
    public String oci() {
        return oci;
    }

    /** The ELF header's e_machine. */
    public int elfMachine() {
        return elfMachine;
    }

    /** The AUDIT_ARCH_* token that seccomp filters see (linux/audit.h). */
    public long audit() {
        return audit;
    }

    /** The architecture that this JVM runs on. */
    public static Arch host() {
        // not a pattern: its class, which is made at run time, costs 10 ms of a cold start
        String name = System.getProperty("os.arch", "");
        return switch (name) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64" -> AARCH64;
            default ->
                    throw new UnsupportedOperationException(
                            "no system calls for architecture " + name);
        };
    }
}
