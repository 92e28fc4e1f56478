package dev.carafe.engine.vm;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Elf;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Sys;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.Rootfs;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.StartSequence;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A virtual machine that runs one container. {@link #boot} brings its kernel up to where PID 1
 * takes plans; {@link #start} runs the container's process; with that process the machine ends.
 */
public final class Machine {
    /** The number that QEMU's own files may reach, which a guest can make it write. */
    private static final long MOST_WRITTEN = 1L << 20;

    /** As much of the record of ends as is read, in bytes; further processes are in it too. */
    private static final int MOST_RECORDED = 64 << 10;

    private static final long CONNECT_MILLIS = 10_000;
    private static final long END_MILLIS = 10_000;
    private static final long BOOT_MILLIS = 120_000;
    private static final String GROUP = InitPlan.GROUPS + "/container";
    private static final int O_NONBLOCK = 0x80800; // and O_CLOEXEC
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int CREATE = 0x800C1; // O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC

    /** Where a guest has its image, and the files that are its own. */
    public static final String IMAGE = InitPlan.LOWER;

    public static final String FILES = InitPlan.FILES;

    private final Running qemu;
    private final Optional<Shares> shares;
    private final Path directory;
    private final Plan init;
    private Console console = Console.none();
    private volatile String failure = "";

    /**
     * What to boot.
     *
     * @param id the container's, 64 hexadecimal digits
     * @param directory the container's own; the machine's files go to {@code vm} in it
     * @param cache where kernels and initramfs images are kept for all machines
     * @param tscKhz see {@link HostClock}
     * @param cpus processors, 1 or more
     * @param memory bytes
     * @param image the image's file system; none when the root is shared
     * @param share the socket of what the host shares, inside the machine's directory
     * @param upper an ext4 file system for what is written; a tmpfs otherwise
     * @param cgroup where QEMU goes
     * @param template whether to restore one in place of booting
     */
    public record Config(
            String id,
            Path directory,
            Path cache,
            GuestKernel kernel,
            Accelerator accelerator,
            long tscKhz,
            int cpus,
            long memory,
            Optional<Path> image,
            boolean share,
            Optional<Path> upper,
            Optional<Cgroup> cgroup,
            TemplateUse template) {
        Hardware hardware() {
            return new Hardware(
                    accelerator, tscKhz, cpus, memory, image.isPresent(), share, upper.isPresent());
        }
    }

    /**
     * The container's process.
     *
     * @param spec all its paths are the guest's
     * @param shares how many shares there are
     * @param directories which sources of its bind mounts are directories
     * @param pids the most processes that it may have
     * @param memory the most memory that it may use, in bytes
     * @param lower the directories of the guest that its root is made of, the uppermost first
     * @param files what the guest's {@link InitPlan#FILES} holds, by name
     */
    public record Main(
            Spec spec,
            List<String> lower,
            Map<String, String> files,
            Optional<SeccompFilter> seccomp,
            boolean tty,
            int shares,
            Set<String> directories,
            Optional<Long> pids,
            Optional<Long> memory) {}

    private Machine(Config config, Running qemu, Optional<Shares> shares, Plan init)
            throws ErrnoException {
        this.qemu = qemu;
        this.shares = shares;
        this.init = init;
        this.directory = directory(config.directory());
    }

    /** Where a container's machine keeps its files. */
    public static Path directory(Path container) {
        return container.resolve("vm");
    }

    /** Makes the machine's directory, in which QEMU, and what serves it, may write. */
    public static Path makeDirectory(Config config) throws IOException {
        Path directory = directory(config.directory());
        Files.createDirectory(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (Native.syscall(Sys.GETEUID) == 0) {
            long owner = Program.userOf(config.id());
            try (Memory memory = Memory.borrow()) {
                Native.check(
                        "give " + directory + " to the machine",
                        Sys.FCHOWNAT,
                        Fd.AT_FDCWD,
                        memory.string(directory.toString()),
                        owner,
                        owner,
                        0);
            }
        }
        return directory;
    }

    /**
     * Starts QEMU and waits until the guest takes plans.
     *
     * @param shares what it shares with the host, which ends with it
     * @throws VmException when something that it takes is missing, or the guest does not come up
     */
    public static Machine boot(Config config, Confined confined, Optional<Shares> shares)
            throws IOException, StartException {
        List<KernelModule> modules = config.kernel().modules(moduleNames(config));
        Plan init = InitPlan.of(boot(config, modules));
        GuestKernel.Image kernel = config.kernel().image(config.cache());
        Path initramfs = initramfs(config, modules, init);
        Qemu command = Qemu.of(config.hardware(), kernel.pvh(), "");
        Optional<Template> template = Template.of(config, command, kernel, initramfs);
        if (template.isPresent()) {
            try (Fd state = template.get().open()) {
                command.restores();
                Program program = program(config, kernel, initramfs, command).input(state);
                return restore(
                        new Machine(config, confined.start(program), shares, init), template.get());
            } catch (IOException e) {
                // there is none, or it serves no more
                command = Qemu.of(config.hardware(), kernel.pvh(), "");
            }
        }
        Program program = program(config, kernel, initramfs, command);
        Machine machine = new Machine(config, confined.start(program), shares, init);
        try {
            machine.awaitReady();
            if (template.isPresent() && config.template() == TemplateUse.MAKE) {
                template.get().make(machine.directory, config.memory());
            }
            return machine;
        } catch (IOException | RuntimeException e) {
            machine.qemu.close();
            throw e;
        }
    }

    /** Waits until a restored guest takes plans. */
    private static Machine restore(Machine machine, Template template) throws IOException {
        try (Fd control = machine.connect(Qemu.CONTROL)) {
            machine.console = Console.of(machine.connect(Qemu.CONSOLE));
            byte[] seed = new byte[32];
            random(seed);
            // many have the template's; before anything else may ask for randomness
            ControlPort.run(control, steps -> ControlPort.seed(steps, seed));
            return machine;
        } catch (IOException | PlanException e) {
            machine.qemu.close();
            template.remove();
            throw e instanceof IOException io ? io : new IOException(e);
        } catch (RuntimeException e) {
            machine.qemu.close();
            throw e;
        }
    }

    /**
     * What {@link #boot} and {@link #start} would do.
     *
     * @param command QEMU's command line
     * @param files of the host that QEMU gets, each with its place behind the wall
     * @param qemu how QEMU is confined
     * @param daemon how the file server is
     * @param init the plan of the guest's PID 1
     * @param process the plan that it then gets
     */
    public record Explained(
            List<CommandPart> command,
            List<CommandPart> files,
            Confined.Explained qemu,
            Optional<Confined.Explained> daemon,
            Plan init,
            Plan process) {}

    /**
     * What {@link #boot} and {@link #start} would do, without starting anything. Only the kernel is
     * decompressed, which tells how it is entered.
     *
     * @param shares the host's files that it would share
     */
    public static Explained explain(
            Config config, Confined confined, List<Shares.Share> shares, Main main)
            throws IOException, StartException {
        List<KernelModule> modules = config.kernel().modules(moduleNames(config));
        Plan init = InitPlan.of(boot(config, modules));
        GuestKernel.Image kernel = config.kernel().image(config.cache());
        Path initramfs = initramfsPlace(config, Elf.of(Arch.X86_64, init));
        Qemu command = Qemu.of(config.hardware(), kernel.pvh(), "");
        Program program = program(config, kernel, initramfs, command);
        List<CommandPart> files = new ArrayList<>();
        for (Program.Bind bind : program.binds) {
            files.add(
                    new CommandPart(
                            bind.readOnly() ? "for reading" : "for reading and writing",
                            List.of(bind.source().toString(), bind.place())));
        }
        Optional<Confined.Explained> daemon = Optional.empty();
        if (!shares.isEmpty()) {
            Program server = Shares.program(confined, shares, directory(config.directory()));
            config.cgroup().ifPresent(server::cgroup);
            daemon = Optional.of(confined.explain(server));
        }
        ProcessPlan process = new ProcessPlan(Guest.FIRST_PROCESS_PORT, main.tty(), true);
        write(process, main);
        return new Explained(
                command.parts(), files, confined.explain(program), daemon, init, process.plan());
    }

    private static List<String> moduleNames(Config config) {
        List<String> names = new ArrayList<>(List.of("virtio_mmio", "virtio_console", "overlay"));
        if (config.image().isPresent()) {
            names.add("virtio_blk");
            names.add("erofs");
        }
        if (config.share()) {
            names.add("virtiofs");
        }
        if (config.upper().isPresent()) {
            names.add("virtio_blk");
            names.add("ext4");
        }
        return names;
    }

    private static InitPlan.Boot boot(Config config, List<KernelModule> modules) {
        List<InitPlan.Module> inside = new ArrayList<>();
        for (KernelModule module : modules) {
            inside.add(
                    new InitPlan.Module(
                            "/modules/" + module.name(), module.compressed(), module.optional()));
        }
        return new InitPlan.Boot(
                inside, config.image().isPresent(), config.share(), config.upper().isPresent());
    }

    private static Program program(
            Config config, GuestKernel.Image kernel, Path initramfs, Qemu command) {
        Path directory = directory(config.directory());
        Program program =
                Program.of(command.words(), directory.resolveSibling("qemu.log"))
                        .user(Program.userOf(config.id()))
                        .writes(directory, Qemu.DIRECTORY)
                        .reads(kernel.file(), Qemu.KERNEL)
                        .reads(initramfs, Qemu.INITRAMFS);
        if (config.image().isPresent()) {
            program.reads(config.image().get(), Qemu.IMAGE);
        }
        if (config.upper().isPresent()) {
            program.writes(config.upper().get(), Qemu.UPPER);
        } else {
            // memory that is shared with the file server counts as a file
            program.limit("RLIMIT_FSIZE", MOST_WRITTEN + (config.share() ? config.memory() : 0));
        }
        if (config.accelerator().kind() == Accelerator.Kind.KVM) {
            program.device("/dev/kvm");
        }
        config.cgroup().ifPresent(program::cgroup);
        return program;
    }

    /** The initramfs, made when its contents are new: its name tells them. */
    private static Path initramfs(Config config, List<KernelModule> modules, Plan init)
            throws IOException {
        byte[] elf = Elf.of(Arch.X86_64, init);
        Path file = initramfsPlace(config, elf);
        if (Files.exists(file)) {
            return file;
        }
        Initramfs archive = new Initramfs();
        archive.directory("dev", 0755).directory("root", 0755).directory("modules", 0755);
        archive.characterDevice("dev/console", 0600, 5, 1);
        archive.file("init", 0755, elf);
        for (KernelModule module : modules) {
            archive.file("modules/" + module.name(), 0644, module.bytes());
        }
        Files.createDirectories(config.cache());
        archive.write(file);
        return file;
    }

    private static Path initramfsPlace(Config config, byte[] elf) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        digest.update(elf);
        digest.update(config.kernel().identity().getBytes(StandardCharsets.UTF_8));
        String key = HexFormat.of().formatHex(digest.digest(), 0, 16);
        return config.cache().resolve("initramfs-" + key);
    }

    private void awaitReady() throws IOException {
        try (Fd control = connect(Qemu.CONTROL);
                Memory memory = Memory.borrow()) {
            console = Console.of(connect(Qemu.CONSOLE));
            long ready = memory.reserve(16);
            if (!Descriptors.await(control, BOOT_MILLIS)) {
                throw new VmException(
                        "the guest did not come up within "
                                + BOOT_MILLIS / 1000
                                + " s; its console's last words: "
                                + String.join(" | ", console.lines(3)));
            }
            if (!Descriptors.receive(control, ready, 16)
                    || memory.view(ready, 8).getLong(0) != Guest.READY) {
                throw new VmException(whyItDied());
            }
        }
    }

    /** Connects to one of QEMU's sockets, which may not be there yet. */
    private Fd connect(String name) throws IOException {
        long end = System.nanoTime() + CONNECT_MILLIS * 1_000_000;
        while (true) {
            try {
                return Descriptors.connect(directory.resolve(name));
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ENOENT && e.errno() != Errno.ECONNREFUSED
                        || System.nanoTime() > end) {
                    throw e;
                }
                if (Descriptors.await(qemu.process().fd(), 2)) {
                    throw new VmException(qemu.ended());
                }
            }
        }
    }

    private String whyItDied() throws ErrnoException {
        byte[] said = console.bytes();
        String text = new String(said, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(InitPlan.FAILED);
        if (at >= 0 && said.length >= at + InitPlan.FAILED.length() + 16) {
            ByteBuffer words =
                    ByteBuffer.wrap(said, at + InitPlan.FAILED.length(), 16)
                            .order(ByteOrder.LITTLE_ENDIAN);
            long address = words.getLong();
            int errno = (int) words.getLong();
            int step = Plan.stepAt(Elf.PLAN, address);
            if (step >= 0 && step < init.steps().size()) {
                return "the guest's "
                        + new PlanException(init.steps().get(step), errno).getMessage();
            }
        }
        String panic = console.panic();
        if (!panic.isEmpty()) {
            return "the guest's kernel gave up: " + panic;
        }
        return qemu.ended();
    }

    /** QEMU's number on the host. */
    public int pid() {
        return qemu.process().pid();
    }

    /**
     * Starts the container's process; the machine ends with it, and when it can't be started.
     *
     * @param stdio three descriptors, which stay the caller's; ignored for a terminal
     */
    public GuestProcess start(Main main, List<Named> stdio) throws IOException, StartException {
        boolean started = false;
        try {
            ProcessPlan process = new ProcessPlan(Guest.FIRST_PROCESS_PORT, main.tty(), true);
            StartSequence sequence = write(process, main);
            Fd port = connect(Qemu.processSocket(Guest.FIRST_PROCESS_PORT));
            GuestProcess result =
                    send(directory, port, process, sequence, stdio, main.tty(), this::finish);
            Files.writeString(directory.resolve("main"), String.valueOf(result.guestPid()));
            started = true;
            return result;
        } catch (PlanException e) {
            throw new StartException(
                    StartException.Kind.FAILED, "in the guest: " + e.getMessage(), e);
        } finally {
            if (!started) {
                qemu.close();
            }
        }
    }

    private static StartSequence write(ProcessPlan process, Main main) throws StartException {
        return process.write(
                before -> prepare(before, main),
                StartSequence.cloneFlags(main.spec()),
                steps -> {
                    steps.writeFile("its group", GROUP + "/cgroup.procs", "0");
                    return StartSequence.append(
                            steps,
                            main.spec(),
                            root(main.lower()),
                            Path.of(InitPlan.MOUNT_POINT),
                            main.seccomp(),
                            main.directories());
                });
    }

    private static void prepare(Plan plan, Main main) {
        byte[] seed = new byte[32];
        random(seed);
        ControlPort.seed(plan, seed);
        ControlPort.clock(plan);
        files(plan, main.files());
        limits(plan, main);
        shares(plan, main.shares());
    }

    private static GuestProcess send(
            Path directory,
            Fd port,
            ProcessPlan process,
            StartSequence sequence,
            List<Named> stdio,
            boolean tty,
            GuestProcess.Finish finish)
            throws IOException, StartException, PlanException {
        ControlPort control = new ControlPort(directory.resolve(Qemu.CONTROL));
        // QEMU drops what it has not read when its client leaves
        try (Fd connection = control.connect()) {
            Plan.Layout layout = ControlPort.send(connection, process.plan());
            return GuestProcess.started(
                    port, control, process.plan(), layout, sequence, stdio, tty, finish);
        }
    }

    /**
     * Starts a further process in a running machine, whoever started that.
     *
     * @param container the container's directory
     * @param process what to run; its user is resolved
     * @param namespaces those of the container, as CLONE_NEW* flags
     * @param stdio three descriptors, which stay the caller's; ignored for a terminal
     */
    public static GuestProcess exec(
            Path container,
            Process process,
            long namespaces,
            Optional<SeccompFilter> seccomp,
            List<Named> stdio)
            throws IOException, StartException {
        Path directory = directory(container);
        long first = mainPid(directory);
        ExtraPort extra = ExtraPort.add(directory);
        boolean started = false;
        try {
            ProcessPlan plan = new ProcessPlan(extra.number(), process.terminal(), false);
            StartSequence sequence =
                    plan.write(
                            before -> {},
                            0,
                            steps -> {
                                steps.writeFile("its group", GROUP + "/cgroup.procs", "0");
                                var target = steps.call("the container", Sys.PIDFD_OPEN, first, 0);
                                var high =
                                        steps.call(
                                                "out of the way",
                                                Sys.FCNTL,
                                                target,
                                                F_DUPFD_CLOEXEC,
                                                64);
                                steps.call("to join", Sys.DUP3, high, Stage.TARGET, 0);
                                return StartSequence.join(steps, process, namespaces, seccomp);
                            });
            GuestProcess result =
                    send(
                            directory,
                            extra.connection(),
                            plan,
                            sequence,
                            stdio,
                            process.terminal(),
                            status -> {
                                extra.remove();
                                return status.orElse(128 + Signal.SIGKILL);
                            });
            started = true;
            return result;
        } catch (PlanException e) {
            throw new StartException(
                    StartException.Kind.FAILED, "in the guest: " + e.getMessage(), e);
        } finally {
            if (!started) {
                extra.remove();
            }
        }
    }

    private static Rootfs root(List<String> lower) {
        List<Path> layers = new ArrayList<>();
        for (String layer : lower) {
            layers.add(Path.of(layer));
        }
        return new Rootfs.Overlay(
                layers,
                Path.of(InitPlan.UPPER, "up"),
                Path.of(InitPlan.UPPER, "work"),
                false,
                false);
    }

    private static void random(byte[] bytes) {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(bytes.length);
            Native.syscall(Sys.GETRANDOM, buffer, bytes.length, 0);
            memory.view(buffer, bytes.length).get(bytes);
        }
    }

    /** A share is a mount of its own, which comes with its first use. */
    private static void shares(Plan plan, int count) {
        for (int i = 0; i < count; i++) {
            String path = Shares.guestPath(i);
            var used = plan.call("mount it", Sys.OPENAT, Fd.AT_FDCWD, path, O_NONBLOCK, 0).ignore();
            plan.call("done with it", Sys.CLOSE, used).ignore();
        }
    }

    /** The group of the container's processes in the guest. */
    private static void limits(Plan plan, Main main) {
        plan.call("groups", Sys.MOUNT, "cgroup", InitPlan.GROUPS, "cgroup2", 0, 0);
        String all = InitPlan.GROUPS + "/cgroup.subtree_control";
        plan.writeFile("what groups limit", all, "+cpu +memory +pids").ignore();
        plan.call("the container's", Sys.MKDIRAT, Fd.AT_FDCWD, GROUP, 0755);
        main.pids()
                .ifPresent(
                        most ->
                                plan.writeFile(
                                        "its processes", GROUP + "/pids.max", most.toString()));
        main.memory()
                .ifPresent(
                        most ->
                                plan.writeFile(
                                        "its memory", GROUP + "/memory.max", most.toString()));
    }

    private static void files(Plan plan, Map<String, String> files) {
        for (Map.Entry<String, String> file : files.entrySet()) {
            String path = InitPlan.FILES + "/" + file.getKey();
            byte[] bytes = file.getValue().getBytes(StandardCharsets.UTF_8);
            var made = plan.call("a file of its own", Sys.OPENAT, Fd.AT_FDCWD, path, CREATE, 0644);
            if (bytes.length > 0) {
                plan.call("its text", Sys.WRITE, made, file.getValue(), bytes.length);
            }
            plan.call("done with it", Sys.CLOSE, made);
        }
    }

    /** Ends the machine when its process has ended, or has gone with it. */
    private int finish(OptionalInt status) throws IOException {
        if (status.isEmpty()) {
            // it powers off by itself when nobody listens; or it is gone
            Descriptors.await(qemu.process().fd(), 1000);
        }
        OptionalInt died = qemu.process().poll();
        qemu.close();
        shares.ifPresent(Shares::close);
        if (status.isPresent()) {
            return status.getAsInt();
        }
        OptionalInt recorded = recordedIn(directory);
        if (recorded.isPresent()) {
            return recorded.getAsInt();
        }
        if (died.orElse(0) > 128) {
            return died.getAsInt();
        }
        String panic = console.panic();
        failure =
                panic.isEmpty()
                        ? "the machine ended before its process"
                        : "the guest's kernel gave up: " + panic;
        return 255;
    }

    /** Why the machine ended before its process, when nobody ended it; empty otherwise. */
    public Optional<String> failure() {
        return failure.isEmpty() ? Optional.empty() : Optional.of(failure);
    }

    /**
     * How a machine's process ended, when the guest could still write it down.
     *
     * @param container the container's directory
     * @return its exit code, or 128 plus the number of the signal that ended it
     */
    public static OptionalInt recorded(Path container) throws IOException {
        return recordedIn(directory(container));
    }

    private static OptionalInt recordedIn(Path directory) throws IOException {
        Path file = directory.resolve(Qemu.STATUS);
        // QEMU may write there: no link is followed, and no more read than is bounded
        ByteBuffer records = ByteBuffer.allocate(MOST_RECORDED).order(ByteOrder.LITTLE_ENDIAN);
        Set<OpenOption> how = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return OptionalInt.empty();
        }
        try (SeekableByteChannel channel = Files.newByteChannel(file, how)) {
            while (records.hasRemaining() && channel.read(records) > 0) {
                // until its end
            }
        }
        records.flip();
        while (records.remaining() >= 16) {
            long port = records.getLong();
            int value = (int) records.getLong();
            if (port == Guest.FIRST_PROCESS_PORT) {
                return OptionalInt.of(GuestProcess.code(value));
            }
        }
        return OptionalInt.empty();
    }

    /** Sends a signal to the process of a running machine, whoever started it. */
    public static void kill(Path container, int signal) throws IOException {
        Path directory = directory(container);
        long pid = mainPid(directory);
        try {
            new ControlPort(directory.resolve(Qemu.CONTROL)).kill(pid, signal);
        } catch (PlanException e) {
            if (e.errno() != Errno.ESRCH) {
                throw new IOException("in the guest: " + e.getMessage(), e);
            }
        }
    }

    /** The container's first process, by its number in the guest. */
    private static long mainPid(Path directory) throws IOException {
        try {
            return Long.parseLong(Files.readString(directory.resolve("main")));
        } catch (NumberFormatException e) {
            throw new IOException("the machine's record is torn", e);
        }
    }

    /** Stops a running machine where it is. */
    public static void pause(Path container) throws IOException {
        tell(container, "stop");
    }

    /** Lets a paused machine go on. */
    public static void unpause(Path container) throws IOException {
        tell(container, "cont");
    }

    private static void tell(Path container, String command) throws IOException {
        try (Qmp qmp = Qmp.connect(directory(container).resolve(Qemu.MONITOR))) {
            qmp.execute(command, null);
        }
    }

    /** Whether a running machine is paused. */
    public static boolean isPaused(Path container) throws IOException {
        try (Qmp qmp = Qmp.connect(directory(container).resolve(Qemu.MONITOR))) {
            return qmp.execute("query-status", null) instanceof JsonObject state
                    && state.get("status") instanceof JsonString text
                    && text.value().equals("paused");
        }
    }

    /** Waits until a process that was killed is gone. */
    public static void awaitEnd(Fd process) throws IOException {
        Descriptors.await(process, END_MILLIS);
    }
}
