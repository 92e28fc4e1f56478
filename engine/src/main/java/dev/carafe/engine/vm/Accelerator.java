package dev.carafe.engine.vm;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What runs a machine's instructions: the processor itself through KVM, or QEMU's translator, TCG.
 *
 * @param kind which of the two
 * @param reason why, for people, in one line
 * @param cpu what QEMU's {@code -cpu} takes for the most capable processor that works with it
 */
public record Accelerator(Kind kind, String reason, String cpu) {

    /** The two, by QEMU's names. */
    public enum Kind {
        KVM("kvm"),
        TCG("tcg");

        private final String qemu;

        Kind(String qemu) {
            this.qemu = qemu;
        }

        /** As QEMU's {@code -accel} and Carafe's {@code --accel} take it. */
        public String qemu() {
            return qemu;
        }
    }

    /** How long a no that a busy host may have caused is believed, in ms. */
    private static final long DOUBT = 600_000;

    private static final String KVM = "kvm";
    private static final String KVM_AT = "kvm-at";
    private static final String KVM_DEVICE = "kvm-device";
    private static final String ARCH_CAPABILITIES = "kvm-arch-capabilities";
    private static final String WORKS = "works: ";
    private static final String FAILS = "fails: ";
    private static final String SLOW = "slow: ";

    /**
     * KVM when a guest was seen to run on it, else TCG. The first call after a boot tries a guest,
     * which takes up to {@value KvmProbe#LIMIT} ms; what was found is kept in a file.
     *
     * @param wanted {@code kvm} or {@code tcg} to insist; empty to choose
     * @param cacheDirectory for what does not outlive a reboot; it is made
     * @throws VmException when KVM is insisted on and does not work, or {@code wanted} is neither
     */
    public static Accelerator choose(Optional<String> wanted, Path cacheDirectory)
            throws VmException {
        String kind = wanted.orElse("");
        if (kind.equals(Kind.TCG.qemu)) {
            return tcg("asked for");
        }
        if (!kind.isEmpty() && !kind.equals(Kind.KVM.qemu)) {
            throw new VmException("invalid accelerator: " + kind + " (kvm or tcg)");
        }
        KvmProbe.Result found = kept(cacheDirectory);
        if (found.works()) {
            return new Accelerator(
                    Kind.KVM,
                    found.reason(),
                    found.archCapabilities() ? "host" : "host,arch-capabilities=off");
        }
        if (kind.isEmpty()) {
            return tcg(found.reason());
        }
        throw new VmException("accelerator kvm: " + found.reason());
    }

    private static Accelerator tcg(String reason) {
        return new Accelerator(Kind.TCG, reason, "max");
    }

    private static KvmProbe.Result kept(Path cacheDirectory) {
        String device = device();
        return device == null
                ? KvmProbe.probe() // it ends at the open
                : kept(
                        HostRecord.in(cacheDirectory),
                        device,
                        System.currentTimeMillis(),
                        KvmProbe::probe);
    }

    /** What is known of this device since the boot, or else what is found now. */
    static KvmProbe.Result kept(
            HostRecord record, String device, long now, Supplier<KvmProbe.Result> probe) {
        String known = record.get(KVM);
        if (known != null && device.equals(record.get(KVM_DEVICE))) {
            boolean capabilities = record.number(ARCH_CAPABILITIES) == 1;
            if (known.startsWith(WORKS)) {
                return new KvmProbe.Result(
                        true, known.substring(WORKS.length()), capabilities, false);
            }
            boolean recent = Math.abs(now - record.number(KVM_AT)) < DOUBT;
            if (known.startsWith(FAILS) || known.startsWith(SLOW) && recent) {
                return new KvmProbe.Result(
                        false, known.substring(known.indexOf(' ') + 1), capabilities, false);
            }
        }
        KvmProbe.Result found = probe.get();
        record.set(KVM, (found.works() ? WORKS : found.timed() ? SLOW : FAILS) + found.reason());
        record.set(KVM_AT, Long.toString(now));
        record.set(KVM_DEVICE, device);
        record.set(ARCH_CAPABILITIES, found.archCapabilities() ? "1" : "0");
        record.write();
        return found;
    }

    /** The device's inode and time of change; null when this user can't open it. */
    private static @Nullable String device() {
        try (Fd fd = KvmProbe.open();
                Memory memory = Memory.borrow()) {
            long at = memory.reserve(144);
            Native.check("stat", Sys.FSTAT, fd.number(), at);
            ByteBuffer stat = memory.view(at, 144); // st_dev, st_ino, st_ctime of x86_64
            return stat.getLong(0) + "." + stat.getLong(8) + "." + stat.getLong(104);
        } catch (ErrnoException e) {
            return null;
        }
    }
}
