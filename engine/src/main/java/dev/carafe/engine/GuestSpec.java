package dev.carafe.engine;

import dev.carafe.engine.image.HostImage;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.vm.Machine;
import dev.carafe.engine.vm.Shares;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Spec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A container's configuration as its guest sees it: the host's paths become what the host shares,
 * the engine's own files are the guest's.
 */
final class GuestSpec {
    private final Prepared prepared;
    private final List<Shares.Share> shares = new ArrayList<>();
    private final Set<String> directories = new HashSet<>();
    private final List<String> lower = new ArrayList<>();
    private final List<Mount> mounts = new ArrayList<>();

    GuestSpec(Prepared prepared) {
        this.prepared = prepared;
        Image image = prepared.image();
        if (image.id().equals(HostImage.NAME)) {
            for (Path layer : image.layers()) {
                lower.add(share(layer, true));
            }
        } else {
            lower.add(Machine.IMAGE);
        }
        for (Mount mount : prepared.spec().mounts()) {
            mounts.add(inGuest(mount));
        }
        mounts.add(
                new Mount(
                        "/sys/fs/cgroup",
                        "cgroup2",
                        "cgroup",
                        List.of(
                                "nosuid",
                                "noexec",
                                "nodev",
                                prepared.options().privileged() ? "rw" : "ro")));
    }

    private Mount inGuest(Mount mount) {
        if (!"bind".equals(mount.type()) || mount.source() == null) {
            return mount;
        }
        Path source = Path.of(mount.source());
        boolean own =
                prepared.directory().equals(source.getParent())
                        && prepared.etc().containsKey(String.valueOf(source.getFileName()));
        boolean readOnly = mount.options().contains("ro") || mount.options().contains("rro");
        String path = own ? Machine.FILES + "/" + source.getFileName() : share(source, readOnly);
        return new Mount(mount.destination(), "bind", path, mount.options());
    }

    private String share(Path source, boolean readOnly) {
        shares.add(new Shares.Share(source, readOnly));
        String path = Shares.guestPath(shares.size() - 1);
        if (Files.isDirectory(source)) {
            directories.add(path);
        }
        return path;
    }

    /** What the host has to share, in order. */
    List<Shares.Share> shares() {
        return shares;
    }

    Machine.Main main() {
        Spec spec = prepared.spec();
        boolean tty = spec.process() != null && spec.process().terminal();
        Map<String, String> files = prepared.etc();
        Optional<Long> pids =
                prepared.options().pidsLimit().isPresent()
                                && prepared.options().pidsLimit().getAsLong() > 0
                        ? Optional.of(prepared.options().pidsLimit().getAsLong())
                        : Optional.empty();
        Optional<Long> memory =
                prepared.options().memory().isPresent()
                        ? Optional.of(prepared.options().memory().getAsLong())
                        : Optional.empty();
        return new Machine.Main(
                new Spec(
                        spec.ociVersion(),
                        spec.root(),
                        mounts,
                        spec.process(),
                        spec.hostname(),
                        spec.domainname(),
                        null,
                        spec.linux(),
                        null,
                        spec.annotations()),
                lower,
                files,
                prepared.seccomp(),
                tty,
                shares.size(),
                directories,
                pids,
                memory);
    }
}
