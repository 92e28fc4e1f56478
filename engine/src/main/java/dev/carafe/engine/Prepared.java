package dev.carafe.engine;

import dev.carafe.engine.image.Image;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.Rootfs;
import dev.carafe.runtime.Start;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything about a start that is known before it touches the host.
 *
 * @param directory the container's own
 * @param etc the files that every container has of its own, by name in its directory
 * @param rootfs what its root is made of
 * @param mountPoint an empty directory that containers share, see {@link Start.Request}
 * @param cgroup what it joins, if anything
 * @param seccomp its filter, if any
 * @param warnings what was asked for and can't be had on this host, a line each
 * @param attachments detached mounts that it takes
 * @param tied whether it dies with the thread that starts it
 */
record Prepared(
        String id,
        Path directory,
        RunOptions options,
        Image image,
        Spec spec,
        Map<String, String> etc,
        Rootfs rootfs,
        Path mountPoint,
        Optional<Cgroup> cgroup,
        Optional<SeccompFilter> seccomp,
        List<String> warnings,
        List<Start.Attachment> attachments,
        boolean tied) {
    /** For a start that takes mounts of this process and dies with the thread that makes it. */
    Prepared with(List<Start.Attachment> mounts) {
        return new Prepared(
                id,
                directory,
                options,
                image,
                spec,
                etc,
                rootfs,
                mountPoint,
                cgroup,
                seccomp,
                warnings,
                mounts,
                true);
    }
}
