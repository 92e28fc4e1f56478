package dev.carafe.engine;

/** What runs a virtual machine's instructions. */
public enum Accelerator {
    /** The processor, through /dev/kvm. */
    KVM("kvm"),
    /** QEMU's translator, which needs nothing of the host and is slower. */
    TCG("tcg");

    private final String text;

    Accelerator(String text) {
        this.text = text;
    }

    /** As QEMU's {@code -accel} has it. */
    public String text() {
        return text;
    }

    /**
     * Reads {@code kvm} or {@code tcg}.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static Accelerator parse(String text) {
        return switch (text) {
            case "kvm" -> KVM;
            case "tcg" -> TCG;
            default ->
                    throw new IllegalArgumentException(
                            "accelerator " + text + ": must be kvm or tcg");
        };
    }
}
