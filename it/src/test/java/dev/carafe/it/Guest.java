package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.vm.Confined;
import dev.carafe.engine.vm.Program;
import dev.carafe.engine.vm.Running;
import dev.carafe.engine.vm.Shares;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A guest of the tests' own: Debian's kernel with an initramfs of busybox, which runs a script and
 * powers off. It knows nothing of Carafe's guests, so a failure is that of what serves it.
 */
final class Guest {
    private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final long LIMIT_SECONDS = 60;
    private static final String END = "the script has ended";
    private static final List<String> MODULES =
            List.of("virtio_mmio", "virtio_pci", "fuse", "virtiofs");

    /** The kinds of machine that Carafe makes. */
    enum Machine {
        Q35("q35", "vhost-user-fs-pci"),
        MICROVM("microvm,acpi=on", "vhost-user-fs-device");

        private final String options;
        private final String device;

        Machine(String options, String device) {
            this.options = options;
            this.device = device;
        }
    }

    private Guest() {}

    /** The newest of Debian's cloud kernels; without one the test is skipped. */
    static Path kernel() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/boot"))) {
            var newest =
                    files.filter(f -> f.getFileName().toString().matches("vmlinuz-.*-cloud-amd64"))
                            .filter(Files::isReadable)
                            .max(Comparator.comparing(Path::toString));
            assumeTrue(newest.isPresent(), "needs the package linux-image-cloud-amd64");
            return newest.orElseThrow();
        }
    }

    /** Skips the test where a guest can't run. */
    static void assumePossible() throws IOException {
        assumeTrue(Files.isExecutable(QEMU), "needs the package qemu-system-x86");
        assumeTrue(Files.isExecutable(BUSYBOX), "needs the package busybox-static");
        kernel();
    }

    /** A QEMU that stands still, behind the wall as one that runs would. */
    static List<String> qemu(Machine machine, String... more) {
        var command = new ArrayList<String>();
        command.add(QEMU.toString());
        command.addAll(
                List.of(
                        "-sandbox",
                        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
        command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
        command.addAll(List.of("-accel", "tcg,thread=multi", "-smp", "2", "-m", "256"));
        command.addAll(List.of("-object", "memory-backend-memfd,id=ram,size=256M,share=on"));
        command.addAll(List.of("-machine", machine.options + ",memory-backend=ram"));
        // vhost-user has no virtio of before 1.0, which virtio-mmio is by default
        command.addAll(List.of("-global", "virtio-mmio.force-legacy=false"));
        command.addAll(List.of("-no-reboot", "-serial", "stdio"));
        command.addAll(List.of("-kernel", "/run/kernel", "-append", parameters(machine)));
        command.addAll(List.of(more));
        return command;
    }

    private static String parameters(Machine machine) {
        String parameters = "console=ttyS0 quiet panic=-1";
        // a microvm has no timer that the kernel could measure the TSC with
        return machine == Machine.MICROVM ? parameters + " tsc_early_khz=" + tscKhz() : parameters;
    }

    private static long tscKhz() {
        try {
            long start = System.nanoTime();
            long ticks = ticks();
            Thread.sleep(30);
            long more = ticks() - ticks;
            return more * 1_000_000 / (System.nanoTime() - start);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static long ticks() throws Exception {
        Plan plan = new Plan();
        Step step = plan.call("the time", Sys.GETPID);
        try (PlanRun run = PlanRun.of(plan)) {
            return run.ticks(step);
        }
    }

    /**
     * Boots it with shares mounted at /share, and runs a shell script.
     *
     * @return what the script printed
     */
    static String run(
            Confined confined,
            long user,
            Machine machine,
            @Nullable Shares shares,
            Path directory,
            String script)
            throws Exception {
        Path kernel = kernel();
        Path initramfs = directory.resolve("initramfs");
        Path log = directory.resolve("guest.log");
        Files.deleteIfExists(log);
        Files.write(initramfs, initramfs(kernel, shares == null ? "" : mount(), script));
        Files.setAttribute(initramfs, "unix:mode", 0644);
        var command = new ArrayList<>(qemu(machine, "-initrd", "/run/initramfs"));
        if (shares != null) {
            command.addAll(List.of("-chardev", "socket,id=fs,path=/run/share.sock"));
            command.addAll(List.of("-device", machine.device + ",chardev=fs,tag=" + Shares.TAG));
        }
        Program program =
                Program.of(command, log)
                        .user(user)
                        .reads(kernel, "/run/kernel")
                        .reads(initramfs, "/run/initramfs");
        if (shares != null) {
            program.writes(shares.socket(), "/run/share.sock");
        }
        try (Running running = confined.start(program)) {
            long end = System.nanoTime() + LIMIT_SECONDS * 1_000_000_000;
            while (running.process().poll().isEmpty() && System.nanoTime() < end) {
                Thread.sleep(20);
            }
        }
        String text = Files.readString(log, StandardCharsets.ISO_8859_1).replace("\r", "");
        assertTrue(
                text.contains(END),
                () -> text + (shares == null ? "" : "virtiofsd: " + shares.process().said()));
        return text.substring(0, text.indexOf(END));
    }

    private static String mount() {
        return "mount -t virtiofs "
                + Shares.TAG
                + " "
                + Shares.MOUNT_POINT
                + " || echo FAILED mount\n";
    }

    private static byte[] initramfs(Path kernel, String mount, String script) throws IOException {
        String release = kernel.getFileName().toString().substring("vmlinuz-".length());
        Path modules = Path.of("/lib/modules", release);
        var cpio = new Cpio();
        for (String directory : List.of("bin", "dev", "m", "proc", "share", "sys", "tmp")) {
            cpio.add(directory, 040755, new byte[0]);
        }
        cpio.add("bin/busybox", 0100755, Files.readAllBytes(BUSYBOX));
        var load = new StringBuilder();
        for (String path : inOrder(modules)) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            cpio.add("m/" + name, 0100644, Files.readAllBytes(modules.resolve(path)));
            load.append("insmod /m/").append(name).append('\n');
        }
        String init =
                """
                #!/bin/busybox sh
                /bin/busybox --install -s /bin
                mount -t devtmpfs dev /dev
                mount -t proc proc /proc
                mount -t sysfs sys /sys
                %s%s
                %s
                echo "%s"
                poweroff -f
                """
                        .formatted(load, mount, script, END);
        cpio.add("init", 0100755, init.getBytes(StandardCharsets.UTF_8));
        return cpio.end();
    }

    /** Modules after those that they need, by modules.dep. */
    private static Set<String> inOrder(Path modules) throws IOException {
        var order = new LinkedHashSet<String>();
        List<String> lines = Files.readAllLines(modules.resolve("modules.dep"));
        for (String module : MODULES) {
            for (String line : lines) {
                String[] parts = line.split(":", 2);
                if (parts[0].endsWith("/" + module + ".ko")) {
                    List<String> needed =
                            new ArrayList<>(List.of(parts[1].strip().split(" +", -1)));
                    needed.removeIf(String::isEmpty);
                    order.addAll(needed.reversed());
                    order.add(parts[0]);
                }
            }
        }
        return order;
    }

    /**
     * The kernel's initramfs format (Documentation/driver-api/early-userspace/buffer-format.rst).
     */
    private static final class Cpio {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private int inode = 1;

        void add(String name, int mode, byte[] content) throws IOException {
            byte[] path = (name + "\0").getBytes(StandardCharsets.UTF_8);
            int[] fields = {inode++, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length, 0};
            out.write("070701".getBytes(StandardCharsets.UTF_8));
            for (int field : fields) {
                out.write("%08x".formatted(field).getBytes(StandardCharsets.UTF_8));
            }
            out.write(path);
            pad();
            out.write(content);
            pad();
        }

        private void pad() {
            while (out.size() % 4 != 0) {
                out.write(0);
            }
        }

        byte[] end() throws IOException {
            add("TRAILER!!!", 0, new byte[0]);
            return out.toByteArray();
        }
    }
}
