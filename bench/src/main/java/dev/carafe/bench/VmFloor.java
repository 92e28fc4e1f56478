package dev.carafe.bench;

import dev.carafe.linux.Elf;
import dev.carafe.linux.Native;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Sys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The least that a virtual machine can cost: QEMU with nothing but a serial port, the
 * distribution's kernel as it is packaged, and an initramfs of one file, which writes a line or
 * sleeps, and powers off.
 */
final class VmFloor {
    static final String QEMU = "/usr/bin/qemu-system-x86_64";
    private static final String LINE = "hello\n";

    private final Path kernel;
    private final Path hello;
    private final Path sleep;
    private final String accelerator;
    private final int mebibytes;

    /**
     * @param directory where the initramfs images are made
     * @param accelerator kvm or tcg
     */
    VmFloor(Path directory, String accelerator, int mebibytes) throws IOException {
        this.kernel = newest();
        this.accelerator = accelerator;
        this.mebibytes = mebibytes;
        this.hello = Files.write(directory.resolve("hello.cpio"), archive(init(false)));
        this.sleep = Files.write(directory.resolve("sleep.cpio"), archive(init(true)));
    }

    Path kernel() {
        return kernel;
    }

    /**
     * QEMU's command line; the serial port is its standard output.
     *
     * @param microvm whether the machine is the small one, else the default of QEMU's own, q35
     * @param idle whether the guest sleeps after its line
     */
    List<String> argv(boolean microvm, boolean idle) throws IOException {
        String parameters = "console=ttyS0 quiet panic=-1";
        if (microvm) {
            parameters += " tsc_early_khz=" + kilohertz(); // nothing to find it with
        }
        List<String> argv = new ArrayList<>(List.of(QEMU, "-nodefaults", "-no-user-config"));
        argv.addAll(List.of("-display", "none", "-no-reboot", "-serial", "stdio"));
        argv.addAll(List.of("-machine", microvm ? "microvm,acpi=on" : "q35"));
        argv.addAll(List.of("-accel", accelerator));
        argv.addAll(List.of("-cpu", accelerator.equals("kvm") ? "host" : "max"));
        argv.addAll(List.of("-smp", "1", "-m", mebibytes + "M"));
        argv.addAll(List.of("-kernel", kernel.toString()));
        argv.addAll(List.of("-initrd", (idle ? sleep : hello).toString()));
        argv.addAll(List.of("-append", parameters));
        return argv;
    }

    private static Path newest() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/boot"))) {
            return files.filter(f -> f.getFileName().toString().startsWith("vmlinuz-"))
                    .max(Path::compareTo)
                    .orElseThrow(
                            () ->
                                    new IOException(
                                            "no /boot/vmlinuz-*: apt-get install"
                                                    + " linux-image-cloud-amd64"));
        }
    }

    private static long kilohertz() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("cpu MHz")) {
                return Math.round(
                        Double.parseDouble(line.substring(line.indexOf(':') + 1).trim()) * 1000);
            }
        }
        throw new IOException("/proc/cpuinfo has no cpu MHz");
    }

    private static byte[] init(boolean idle) {
        Plan plan = new Plan();
        plan.call("the line", Sys.WRITE, 1, LINE, LINE.length());
        if (idle) {
            plan.call("idle", Sys.PPOLL, 0, 0, 0, 0, 0).ignore();
        }
        plan.call("power off", Sys.REBOOT, 0xFEE1DEADL, 672274793, 0x4321FEDCL, 0);
        return Elf.of(Native.arch(), plan);
    }

    /** A cpio archive, newc, with /init alone; the kernel's own first root has the console. */
    private static byte[] archive(byte[] init) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        member(out, "init", 0100755, init);
        member(out, "TRAILER!!!", 0, new byte[0]);
        return out.toByteArray();
    }

    private static void member(ByteArrayOutputStream out, String name, int mode, byte[] content) {
        int[] fields = {1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0};
        StringBuilder head = new StringBuilder("070701");
        for (int field : fields) {
            String digits = Integer.toHexString(field);
            head.append("0".repeat(8 - digits.length())).append(digits);
        }
        head.append(name).append('\0');
        out.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
        pad(out);
        out.writeBytes(content);
        pad(out);
    }

    private static void pad(ByteArrayOutputStream out) {
        out.writeBytes(new byte[-out.size() & 3]);
    }
}
