package dev.carafe.engine.vm;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.seccomp.DefaultProfile;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The host's virtiofsd: QEMU's, in C, up to QEMU 7.2 (Debian 12, Ubuntu 22.04), or the one in Rust
 * that follows it (gitlab.com/virtio-fs/virtiofsd). They have the same capabilities and differ in
 * their options.
 *
 * @param qemus whether it is QEMU's
 */
record Virtiofsd(Path path, boolean qemus) {
    private static final Path QEMUS = Path.of("usr/lib/qemu/virtiofsd");
    private static final List<Path> OWN =
            List.of(Path.of("usr/libexec/virtiofsd"), Path.of("usr/lib/virtiofsd"));

    /**
     * What serving files takes, and what QEMU's needs to go into its sandbox, where it drops them:
     * CAP_SYS_CHROOT and CAP_SETPCAP. Not CAP_MKNOD, which both ask for by default: a node of the
     * host's disk, made by a guest, would be for every user of the host to open.
     */
    static final List<String> CAPABILITIES =
            List.of(
                    "CAP_CHOWN",
                    "CAP_DAC_OVERRIDE",
                    "CAP_FOWNER",
                    "CAP_FSETID",
                    "CAP_SETGID",
                    "CAP_SETUID",
                    "CAP_SETFCAP",
                    "CAP_SETPCAP",
                    "CAP_SYS_CHROOT");

    private static final long CLONE_FS = 0x200;

    /**
     * The default profile, and a call that both make in each of their threads: a working directory
     * of its own, which needs no privilege and makes no namespace.
     *
     * @param alone whether there is only one id, so that the kernel refuses to change groups: both
     *     want to drop theirs, and don't go on when they can't
     */
    static SeccompFilter filter(Arch arch, boolean alone) {
        SeccompFilter filter =
                DefaultProfile.filter(arch, CAPABILITIES).allowing(arch, Sys.UNSHARE, CLONE_FS);
        return alone ? filter.skipping(arch, Sys.SETGROUPS) : filter;
    }

    /** Finds the one of a host; the newer kind first. */
    static Virtiofsd find(Path host) throws StartException {
        for (Path path : OWN) {
            if (Files.isExecutable(host.resolve(path))) {
                return new Virtiofsd(Path.of("/").resolve(path), false);
            }
        }
        if (Files.isExecutable(host.resolve(QEMUS))) {
            return new Virtiofsd(Path.of("/").resolve(QEMUS), true);
        }
        throw new StartException(
                StartException.Kind.FAILED,
                "virtiofsd is not installed, which shares directories with a virtual machine:"
                        + " install the package virtiofsd, or qemu-system-common on Debian 12");
    }

    /**
     * Its command line. The guest believes what it knows of names and attributes for a tenth of a
     * second only, so that a share is much like a bind mount; docs/design/vm-confinement.md has the
     * prices of other times.
     *
     * @param listener the descriptor of the listening socket
     * @param tree the shared directory
     */
    List<String> command(int listener, String tree) {
        List<String> command = new ArrayList<>();
        command.add(path.toString());
        command.add("--fd=" + listener);
        command.add("--rlimit-nofile=0"); // the wall sets it
        if (qemus) {
            command.add("-f");
            command.add("-o");
            command.add(
                    "source="
                            + tree
                            + ",sandbox=chroot,modcaps=-mknod,announce_submounts,xattr"
                            + ",cache=auto,timeout=0.1,no_posix_lock,no_flock,log_level=warn");
        } else {
            command.add("--shared-dir=" + tree);
            command.add("--sandbox=chroot");
            command.add("--modcaps=-mknod");
            command.add("--announce-submounts");
            command.add("--xattr");
            command.add("--cache=auto");
            command.add("--log-level=warn");
        }
        return command;
    }
}
