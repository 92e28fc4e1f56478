package dev.carafe.engine;

import dev.carafe.engine.image.HostImage;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.ImageUser;
import dev.carafe.engine.image.RootImages;
import dev.carafe.engine.vm.Accelerator;
import dev.carafe.engine.vm.CommandPart;
import dev.carafe.engine.vm.Confined;
import dev.carafe.engine.vm.GuestKernel;
import dev.carafe.engine.vm.GuestProcess;
import dev.carafe.engine.vm.HostClock;
import dev.carafe.engine.vm.Ids;
import dev.carafe.engine.vm.Machine;
import dev.carafe.engine.vm.Program;
import dev.carafe.engine.vm.Shares;
import dev.carafe.engine.vm.TemplateUse;
import dev.carafe.engine.vm.UpperDisk;
import dev.carafe.linux.Arch;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Named;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Signal;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.StartSequence;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A kernel of the container's own, behind QEMU. */
final class VmWall implements Wall {
    /** What a machine has when nothing is said, in bytes. */
    static final long USUAL_MEMORY = 1L << 30;

    /** The least that a kernel with its modules comes up in. */
    static final long LEAST_MEMORY = 128L << 20;

    /**
     * What QEMU and virtiofsd may take beside the guest's memory, in bytes: code that is
     * translated, buffers, page tables.
     */
    static final long OVERHEAD = 320L << 20;

    private static final long THREADS = 256;

    private final HostCgroups cgroups;
    private final Roots roots;
    private final ContainerSpec.Identity identity;
    private final Supplier<ImageStore> images;

    VmWall(
            HostCgroups cgroups,
            Roots roots,
            ContainerSpec.Identity identity,
            Supplier<ImageStore> images) {
        this.cgroups = cgroups;
        this.roots = roots;
        this.identity = identity;
        this.images = images;
    }

    /** The limits of the group that the machine's programs are in. */
    static Resources resources(RunOptions options) {
        Long limit = options.memory().isPresent() ? Long.valueOf(memory(options) + OVERHEAD) : null;
        Memory memory =
                limit == null
                        ? null
                        : new Memory(limit, null, limit, null, null, null, null, null, null);
        Long quota = null;
        Long period = null;
        if (options.nanoCpus().isPresent()) {
            period = 100_000L;
            quota = options.nanoCpus().getAsLong() / 10_000;
        } else if (options.cpuQuota().isPresent()) {
            quota = options.cpuQuota().getAsLong();
            period = options.cpuPeriod().orElse(100_000L);
        }
        Long shares =
                options.cpuShares().isPresent()
                        ? Long.valueOf(options.cpuShares().getAsLong())
                        : null;
        String cpus = options.cpusetCpus().orElse(null);
        String mems = options.cpusetMems().orElse(null);
        Cpu cpu = new Cpu(shares, quota, null, period, null, null, cpus, mems, null);
        return new Resources(
                List.of(),
                memory,
                cpu,
                new Pids(THREADS),
                null,
                List.of(),
                null,
                Map.of(),
                Map.of());
    }

    private static long memory(RunOptions options) {
        long wanted = options.memory().orElse(USUAL_MEMORY);
        long mib = 1L << 20;
        return Math.max(LEAST_MEMORY, (wanted + mib - 1) / mib * mib);
    }

    private static int cpus(RunOptions options) {
        if (options.nanoCpus().isEmpty()) {
            return 1;
        }
        return (int) Math.max(1, (options.nanoCpus().getAsLong() + 999_999_999) / 1_000_000_000);
    }

    /** What has no meaning in a machine is refused, by name. */
    static void check(RunOptions options) {
        String refused = "";
        if (!(options.network() instanceof NamespaceMode.Private)) {
            refused = "--network other than none";
        } else if (isShared(options.pid())) {
            refused = "--pid host or ns:PATH";
        } else if (isShared(options.ipc())) {
            refused = "--ipc host or ns:PATH";
        } else if (isShared(options.uts())) {
            refused = "--uts host or ns:PATH";
        } else if (isShared(options.cgroupns())) {
            refused = "--cgroupns host or ns:PATH";
        } else if (isShared(options.userns())) {
            refused = "--userns host or ns:PATH";
        } else if (!options.devices().isEmpty()) {
            refused = "--device";
        } else if (options.oomKillDisable()) {
            refused = "--oom-kill-disable";
        } else if (options.blkioWeight().isPresent()
                || !options.blkioWeightDevice().isEmpty()
                || !options.deviceReadBps().isEmpty()
                || !options.deviceWriteBps().isEmpty()
                || !options.deviceReadIops().isEmpty()
                || !options.deviceWriteIops().isEmpty()) {
            refused = "--blkio-weight and --device-read-bps and the like";
        }
        if (!refused.isEmpty()) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    refused + ": a virtual machine has none of the host's; see docs/vm.md");
        }
    }

    private static boolean isShared(Optional<NamespaceMode> mode) {
        return mode.isPresent() && !(mode.get() instanceof NamespaceMode.Private);
    }

    /** Files of the host and a disk of a container's own are not in a template. */
    private static void checkTemplate(RunOptions options, GuestSpec guest) throws IOException {
        if (options.fromTemplate() != FromTemplate.TRUE) {
            return;
        }
        if (!guest.shares().isEmpty() || options.storageSize().isPresent()) {
            throw new IOException(
                    "--from-template: a machine with volumes, with the image host or with"
                            + " --storage-opt can only be booted; leave the option out");
        }
    }

    @Override
    public Started start(Prepared prepared, List<Named> stdio) throws StartException, IOException {
        GuestSpec guest = new GuestSpec(prepared);
        checkTemplate(prepared.options(), guest);
        Machine.Config config =
                config(
                        prepared,
                        guest,
                        isHost(prepared)
                                ? Optional.empty()
                                : Optional.of(new RootImages(images.get()).of(prepared.image())),
                        upper(prepared));
        Path directory = Machine.makeDirectory(config);
        Confined confined = confined();
        Optional<Shares> shares = Optional.empty();
        if (!guest.shares().isEmpty()) {
            shares =
                    Optional.of(
                            Shares.start(
                                    confined,
                                    guest.shares(),
                                    directory,
                                    Program.userOf(prepared.id()),
                                    prepared.cgroup()));
        }
        try {
            Machine machine = Machine.boot(config, confined, shares);
            GuestProcess process = machine.start(guest.main(), stdio);
            return new GuestProcessStarted(process, machine.pid(), machine::failure);
        } catch (IOException | StartException | RuntimeException e) {
            shares.ifPresent(Shares::close);
            if (prepared.cgroup().isPresent()) {
                prepared.cgroup().get().remove();
            }
            throw e;
        }
    }

    /** Where kernels, initramfs images and templates are kept for all machines. */
    static Path cache(Roots roots) {
        return roots.data().resolve("vm");
    }

    private static TemplateUse template(FromTemplate wanted) {
        return switch (wanted) {
            case AUTO -> TemplateUse.USE;
            case TRUE -> TemplateUse.MAKE;
            case FALSE -> TemplateUse.NONE;
        };
    }

    private static boolean isHost(Prepared prepared) {
        return prepared.image().id().equals(HostImage.NAME);
    }

    private Machine.Config config(
            Prepared prepared, GuestSpec guest, Optional<Path> image, Optional<Path> upper)
            throws IOException {
        RunOptions options = prepared.options();
        GuestKernel kernel =
                options.kernel().isPresent()
                        ? GuestKernel.of(options.kernel().get())
                        : GuestKernel.newest();
        Accelerator accelerator =
                Accelerator.choose(
                        options.accel().map(dev.carafe.engine.Accelerator::text), roots.run());
        return new Machine.Config(
                prepared.id(),
                prepared.directory(),
                cache(roots),
                kernel,
                accelerator,
                HostClock.tscKilohertz(roots.run()).orElse(0),
                cpus(options),
                memory(options),
                image,
                !guest.shares().isEmpty(),
                upper,
                prepared.cgroup(),
                template(options.fromTemplate()));
    }

    private static Optional<Path> upperPlace(Prepared prepared) {
        return prepared.options().storageSize().isEmpty()
                ? Optional.empty()
                : Optional.of(prepared.directory().resolve("upper.ext4"));
    }

    private static Optional<Path> upper(Prepared prepared) throws IOException {
        Optional<Path> place = upperPlace(prepared);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                UpperDisk.make(
                        place.get(),
                        prepared.options().storageSize().getAsLong(),
                        Program.userOf(prepared.id())));
    }

    private Confined confined() throws IOException {
        Ids ids = identity.ownUsers() ? new Ids(identity.uids(), identity.gids()) : Ids.ROOT;
        return new Confined(HostImage.open(roots.data()), roots.mountPoint(), ids);
    }

    @Override
    public Explanation explain(Prepared prepared, List<Named> stdio)
            throws StartException, IOException {
        GuestSpec guest = new GuestSpec(prepared);
        checkTemplate(prepared.options(), guest);
        Machine.Config config =
                config(
                        prepared,
                        guest,
                        isHost(prepared)
                                ? Optional.empty()
                                : Optional.of(new RootImages(images.get()).place(prepared.image())),
                        upperPlace(prepared));
        Machine.Explained machine =
                Machine.explain(config, confined(), guest.shares(), guest.main());
        List<Explanation.Section> sections = new ArrayList<>();
        sections.add(words("qemu", "QEMU's command line for a boot", machine.command()));
        sections.add(
                words("files", "Files of the host, and where QEMU sees them", machine.files()));
        confinement(sections, "qemu", "QEMU", machine.qemu());
        if (machine.daemon().isPresent()) {
            Confined.Explained daemon = machine.daemon().get();
            sections.add(
                    words(
                            "virtiofsd",
                            "The file server's command line",
                            List.of(new CommandPart("serves what is shared", daemon.command()))));
            confinement(sections, "virtiofsd", "The file server", daemon);
        }
        sections.add(
                new Explanation.Calls(
                        "init", "The guest's PID 1, from its boot", Arch.X86_64, machine.init()));
        sections.add(
                new Explanation.Calls(
                        "process",
                        "The plan that PID 1 is then sent: the container's process",
                        Arch.X86_64,
                        machine.process()));
        return new Explanation(sections);
    }

    private static Explanation.Section words(String name, String title, List<CommandPart> parts) {
        List<Explanation.Part> told = new ArrayList<>();
        for (CommandPart part : parts) {
            told.add(new Explanation.Part(part.why(), part.words()));
        }
        return new Explanation.Words(name, title, told);
    }

    private static void confinement(
            List<Explanation.Section> sections,
            String name,
            String title,
            Confined.Explained explained) {
        sections.add(
                new Explanation.Calls(
                        name + "Launch",
                        title + ", confined: the engine, up to the clone",
                        Arch.host(),
                        explained.plans().launch()));
        sections.add(
                new Explanation.Calls(
                        name + "Container",
                        title + ", confined: its first process, up to the exec",
                        Arch.host(),
                        explained.plans().container()));
    }

    @Override
    public Started exec(
            ContainerRecord container, Path directory, Process process, List<Named> stdio)
            throws StartException, IOException {
        return new GuestProcessStarted(
                Machine.exec(
                        directory,
                        process,
                        StartSequence.namespaces(Bundle.spec(directory)),
                        Bundle.filter(directory),
                        stdio),
                container.pid(),
                Optional::empty);
    }

    @Override
    public ImageUser user(ContainerRecord container, Path directory, String user)
            throws ImageException, IOException {
        Image image =
                container.imageId().equals(HostImage.NAME)
                        ? HostImage.open(roots.data()).image()
                        : images.get().resolve(container.imageId());
        return image.view().resolveUser(user);
    }

    @Override
    public boolean kill(ContainerRecord container, Path directory, int signal) throws IOException {
        Optional<Pidfd> hypervisor = container.process();
        if (hypervisor.isEmpty()) {
            return false;
        }
        try (Pidfd qemu = hypervisor.get()) {
            boolean paused = Machine.isPaused(directory);
            if (signal == Signal.SIGKILL) {
                if (!paused && delivered(directory, signal)) {
                    return true;
                }
                // a guest that does not listen ends with its machine
                boolean running = qemu.signal(signal);
                Machine.awaitEnd(qemu.fd());
                return running;
            }
            if (paused) {
                Machine.unpause(directory);
            }
            Machine.kill(directory, signal);
            if (paused) {
                Machine.pause(directory);
            }
            return true;
        }
    }

    private static boolean delivered(Path directory, int signal) {
        try {
            Machine.kill(directory, signal);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void pause(ContainerRecord container, Path directory) throws IOException {
        Machine.pause(directory);
    }

    @Override
    public void unpause(ContainerRecord container, Path directory) throws IOException {
        Optional<Pidfd> hypervisor = container.process();
        if (hypervisor.isEmpty()) {
            return; // it was killed meanwhile
        }
        hypervisor.get().close();
        Machine.unpause(directory);
    }

    @Override
    public boolean isPaused(ContainerRecord container, Path directory) throws IOException {
        return Machine.isPaused(directory);
    }

    @Override
    public void end(ContainerRecord container, Path directory) throws IOException {
        Optional<Pidfd> hypervisor = container.process();
        if (hypervisor.isPresent()) {
            try (Pidfd process = hypervisor.get()) {
                process.signal(Signal.SIGKILL);
                awaitEnd(process.fd());
            }
        }
        if (container.cgroup() != null) {
            try {
                if (cgroups.get().usable()) {
                    Cgroup.open(cgroups.get(), container.cgroup()).remove();
                }
            } catch (CgroupException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    private static void awaitEnd(Fd process) throws IOException {
        Machine.awaitEnd(process);
    }
}
