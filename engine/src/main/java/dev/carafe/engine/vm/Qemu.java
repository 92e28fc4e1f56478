package dev.carafe.engine.vm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** QEMU's command line for a machine, each part with why it is there. */
final class Qemu {
    /** Where QEMU sees the machine's own directory: its sockets and its record of ends. */
    static final String DIRECTORY = "/run/vm";

    static final String KERNEL = "/run/kernel";
    static final String INITRAMFS = "/run/initramfs";
    static final String IMAGE = "/run/image";
    static final String UPPER = "/run/upper";

    // sockets and files in the machine's directory
    static final String CONTROL = "control";
    static final String MONITOR = "qmp";
    static final String CONSOLE = "console";
    static final String STATUS = "status";
    static final String SHARE = "share.sock";

    static final Path BINARY = Path.of("/usr/bin/qemu-system-x86_64");
    private static final int MIB = 20;

    /** Room for translated code, in MiB; QEMU would take up to 1 GiB. */
    private static final int TRANSLATED_MIB = 128;

    private final List<CommandPart> parts = new ArrayList<>();

    private Qemu() {}

    /** The socket of a process's port. */
    static String processSocket(int port) {
        return "port" + port;
    }

    /**
     * @throws VmException when QEMU is not installed
     */
    static Qemu of(Hardware hardware, boolean pvh, String extra) throws VmException {
        if (!Files.isExecutable(BINARY)) {
            throw new VmException(
                    BINARY + " is not there: apt-get install qemu-system-x86 for --isolation vm");
        }
        Qemu qemu = new Qemu();
        qemu.write(hardware, pvh, extra);
        return qemu;
    }

    /** Makes it take a machine's state from its descriptor 0. */
    void restores() {
        add("a machine's state, in place of a boot", "-incoming", "fd:0");
    }

    List<CommandPart> parts() {
        return parts;
    }

    List<String> words() {
        List<String> words = new ArrayList<>();
        for (CommandPart part : parts) {
            words.addAll(part.words());
        }
        return words;
    }

    private void add(String why, String... words) {
        parts.add(new CommandPart(why, List.of(words)));
    }

    private void write(Hardware hardware, boolean pvh, String extra) {
        boolean kvm = hardware.accelerator().kind() == Accelerator.Kind.KVM;
        add("the hypervisor", BINARY.toString());
        add(
                "it may start no program, gain no rights and use no obsolete call",
                "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        add("nothing that is not named here", "-nodefaults", "-no-user-config");
        add("no screen", "-display", "none");
        add("a small machine: no firmware to wait for, no PCI", "-machine", machine(hardware));
        add(
                kvm
                        ? "the guest's instructions run on the processor"
                        : "the guest's instructions are translated",
                "-accel",
                kvm ? "kvm" : "tcg,tb-size=" + TRANSLATED_MIB);
        add("all that it can do", "-cpu", hardware.accelerator().cpu());
        add("the machine's processors", "-smp", String.valueOf(hardware.cpus()));
        String size = (hardware.memory() >> MIB) + "M";
        add("the machine's memory", "-m", size);
        if (hardware.share()) {
            add(
                    "memory that the file server can reach",
                    "-object",
                    "memory-backend-memfd,id=ram,size=" + size + ",share=on");
        }
        add("a panic or reboot is the end", "-no-reboot");
        add(pvh ? "the guest's kernel, decompressed" : "the guest's kernel", "-kernel", KERNEL);
        add("PID 1 and the modules that it loads", "-initrd", INITRAMFS);
        add("the kernel's parameters", "-append", parameters(hardware, extra));
        socket("what QEMU is told", MONITOR);
        add("in its machine protocol", "-mon", "chardev=qmp,mode=control");
        socket("the kernel's messages", CONSOLE);
        add("on its console", "-serial", "chardev:console");
        add(
                "devices as the standard has them, which the file server insists on",
                "-global",
                "virtio-mmio.force-legacy=false");
        add("ports to the host", "-device", "virtio-serial-device");
        socket("plans for PID 1", CONTROL);
        port(Guest.CONTROL_PORT, CONTROL);
        add(
                "how processes ended, kept when nobody listens",
                "-chardev",
                "file,id=status,path=" + DIRECTORY + "/" + STATUS);
        port(Guest.STATUS_PORT, STATUS);
        String process = processSocket(Guest.FIRST_PROCESS_PORT);
        socket("the first process's streams", process);
        port(Guest.FIRST_PROCESS_PORT, process);
        if (hardware.image()) {
            disk("the image, read-only", "image", "file=" + IMAGE + ",read-only=on");
        }
        if (hardware.upperDisk()) {
            disk("what is written", "upper", "file=" + UPPER);
        }
        if (hardware.share()) {
            add(
                    "what the host shares",
                    "-chardev",
                    "socket,id=share,path=" + DIRECTORY + "/" + SHARE);
            add(
                    "as a file system",
                    "-device",
                    "vhost-user-fs-device,chardev=share,tag=" + InitPlan.TAG);
        }
    }

    private static String machine(Hardware hardware) {
        return "microvm,acpi=on,rtc=on,isa-serial=on"
                + (hardware.share() ? ",memory-backend=ram" : "");
    }

    private static String parameters(Hardware hardware, String extra) {
        StringBuilder line = new StringBuilder("console=ttyS0 quiet panic=-1");
        // self-tests of ciphers that nobody uses here are a fifth of a boot
        line.append(" cryptomgr.notests");
        if (hardware.accelerator().kind() != Accelerator.Kind.KVM) {
            // nothing to calibrate against where a clock's interrupt can be late; and a
            // translator has no side channels to close
            line.append(" tsc_early_khz=").append(hardware.tscKhz()).append(" mitigations=off");
        }
        return line.append(extra.isEmpty() ? "" : " " + extra).toString();
    }

    private void socket(String why, String name) {
        add(
                why,
                "-chardev",
                String.format(
                        Locale.ROOT,
                        "socket,id=%s,path=%s/%s,server=on,wait=off",
                        name,
                        DIRECTORY,
                        name));
    }

    private void port(int number, String chardev) {
        add(
                "by its number",
                "-device",
                "virtserialport,nr=" + number + ",chardev=" + chardev + ",id=p" + number);
    }

    private void disk(String why, String id, String options) {
        add(
                why,
                "-blockdev",
                "driver=raw,node-name="
                        + id
                        + (options.contains("read-only") ? ",read-only=on" : "")
                        + ",file.driver=file,file.locking=off,file.filename="
                        + options.substring("file=".length()).replace(",read-only=on", ""));
        add("as a disk", "-device", "virtio-blk-device,drive=" + id);
    }
}
