package dev.carafe.engine;

import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageUser;
import dev.carafe.engine.image.LayerView;
import dev.carafe.linux.Arch;
import dev.carafe.linux.Named;
import dev.carafe.linux.Pidfd;
import dev.carafe.oci.runtime.Process;
import dev.carafe.runtime.Exec;
import dev.carafe.runtime.Start;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Namespaces, cgroups, capabilities and a seccomp filter of this host's kernel. */
final class ContainerWall implements Wall {
    private final HostCgroups cgroups;

    ContainerWall(HostCgroups cgroups) {
        this.cgroups = cgroups;
    }

    @Override
    public Started start(Prepared prepared, List<Named> stdio) throws StartException {
        return new HostProcess(Start.run(request(prepared, stdio)));
    }

    @Override
    public Explanation explain(Prepared prepared, List<Named> stdio)
            throws StartException, IOException {
        try {
            Start.Plans plans = Start.explain(request(prepared, stdio));
            return new Explanation(
                    List.of(
                            new Explanation.Calls(
                                    "launch",
                                    "The engine, up to the clone",
                                    Arch.host(),
                                    plans.launch()),
                            new Explanation.Calls(
                                    "container",
                                    "The container's first process, up to its command",
                                    Arch.host(),
                                    plans.container())));
        } catch (CgroupException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Start.Request request(Prepared prepared, List<Named> stdio) {
        return new Start.Request(
                prepared.spec(),
                prepared.rootfs(),
                prepared.mountPoint(),
                prepared.cgroup(),
                prepared.seccomp(),
                stdio,
                prepared.attachments(),
                prepared.tied());
    }

    @Override
    public Started exec(
            ContainerRecord container, Path directory, Process process, List<Named> stdio)
            throws StartException, IOException {
        try (Pidfd first = first(container)) {
            return new HostProcess(
                    Exec.run(
                            new Exec.Request(
                                    first,
                                    process,
                                    container.cgroup() == null
                                            ? Optional.empty()
                                            : Optional.of(open(cgroups.get(), container.cgroup())),
                                    Bundle.filter(directory),
                                    stdio)));
        }
    }

    @Override
    public ImageUser user(ContainerRecord container, Path directory, String user)
            throws ImageException, IOException {
        try (Pidfd first = first(container)) {
            Path root = Path.of("/proc", String.valueOf(first.pid()), "root");
            return new LayerView(List.of(root)).resolveUser(user);
        }
    }

    private static Pidfd first(ContainerRecord container) throws IOException {
        return container
                .process()
                .orElseThrow(() -> Lifecycle.invalid(container, "is not running"));
    }

    @Override
    public boolean kill(ContainerRecord container, Path directory, int signal) throws IOException {
        Optional<Pidfd> first = container.process();
        if (first.isEmpty()) {
            return false;
        }
        try (Pidfd process = first.get()) {
            return process.signal(signal);
        }
    }

    @Override
    public void pause(ContainerRecord container, Path directory) throws IOException {
        try {
            cgroup(container).freeze();
        } catch (CgroupException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void unpause(ContainerRecord container, Path directory) throws IOException {
        try {
            cgroup(container).thaw();
        } catch (CgroupException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public boolean isPaused(ContainerRecord container, Path directory) throws IOException {
        return container.cgroup() != null && cgroup(container).frozen();
    }

    @Override
    public void end(ContainerRecord container, Path directory) throws IOException {
        if (container.cgroup() != null) {
            removeCgroup(cgroups.get(), container.cgroup());
        }
    }

    private Cgroup cgroup(ContainerRecord container) throws IOException {
        String path = container.cgroup();
        CgroupHost host = cgroups.get();
        if (path == null || !host.usable()) {
            throw new IOException(
                    "container "
                            + container.name()
                            + " has no cgroup, which it takes to pause it"
                            + host.warning().map(why -> ": " + why).orElse(""));
        }
        return open(host, path);
    }

    private static Cgroup open(CgroupHost host, String path) throws IOException {
        try {
            return Cgroup.open(host, path);
        } catch (CgroupException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    static void removeCgroup(CgroupHost host, String path) throws IOException {
        if (host.usable()) {
            open(host, path).remove();
        }
    }
}
