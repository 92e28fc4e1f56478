package dev.carafe.bench;

import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.Rootfs;
import dev.carafe.runtime.Running;
import dev.carafe.runtime.Start;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.cgroup.CgroupHost;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Starts through {@link Start} in this JVM, with the filter compiled once, as an engine does. */
final class CarafeStarter implements Starter {
    private final String name;
    private final Spec spec;
    private final Rootfs rootfs;
    private final Path mountPoint;
    private final CgroupHost host;
    private final String parent;
    private final Optional<Resources> resources;
    private final Optional<SeccompFilter> filter;
    private final List<Named> stdio;
    private int number;

    CarafeStarter(
            String name,
            Variant variant,
            Rootfs rootfs,
            Workspace workspace,
            CgroupHost host,
            List<Named> stdio,
            List<String> args) {
        this.name = name;
        this.spec = variant.spec(workspace.root(), workspace.cgroup() + "/carafe", args);
        this.rootfs = rootfs;
        this.mountPoint = workspace.file("mnt");
        this.host = host;
        this.parent = workspace.cgroup();
        this.resources = variant.cgroup() ? Optional.of(variant.resources()) : Optional.empty();
        this.filter = filter(spec);
        this.stdio = stdio;
    }

    static Optional<SeccompFilter> filter(Spec spec) {
        Seccomp profile = spec.linux() == null ? null : spec.linux().seccomp();
        return profile == null
                ? Optional.empty()
                : Optional.of(SeccompFilter.compile(Native.arch(), profile));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int start() throws IOException {
        try {
            Start.Request request = next();
            Running running = Start.run(request);
            int status = running.process().await();
            running.process().close();
            if (request.cgroup().isPresent()) {
                request.cgroup().get().remove();
            }
            return status;
        } catch (StartException | CgroupException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** A request with a cgroup of its own. */
    Start.Request next() throws CgroupException, IOException {
        Optional<Cgroup> cgroup = Optional.empty();
        if (resources.isPresent()) {
            cgroup = Optional.of(Cgroup.plan(host, parent + "/" + number++, resources.get()));
        }
        return request(cgroup);
    }

    /** Starts and leaves the process running. */
    Running begin() throws IOException {
        try {
            return Start.run(request(Optional.empty()));
        } catch (StartException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Start.Request request(Optional<Cgroup> cgroup) {
        return new Start.Request(spec, rootfs, mountPoint, cgroup, filter, stdio);
    }
}
