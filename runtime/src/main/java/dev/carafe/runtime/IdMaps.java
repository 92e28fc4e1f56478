package dev.carafe.runtime;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Stage;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Namespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The id maps of a new user namespace (user_namespaces(7)): one id the child maps itself; ranges
 * are written from outside, by root directly and for others by newuidmap and newgidmap.
 */
final class IdMaps {
    private final List<IdMapping> uids;
    private final List<IdMapping> gids;
    private final long euid;
    private final long egid;
    private final boolean needed;

    IdMaps(Linux linux, long euid, long egid) {
        this(
                linux.uidMappings(),
                linux.gidMappings(),
                euid,
                egid,
                Namespaces.isNew(linux, Namespace.Type.USER));
    }

    IdMaps(List<IdMapping> uids, List<IdMapping> gids, long euid, long egid) {
        this(uids, gids, euid, egid, true);
    }

    private IdMaps(
            List<IdMapping> uids, List<IdMapping> gids, long euid, long egid, boolean needed) {
        this.uids = uids;
        this.gids = gids;
        this.euid = euid;
        this.egid = egid;
        this.needed = needed;
    }

    boolean gated() {
        return needed && !own();
    }

    /**
     * The texts for setgroups, uid_map and gid_map that the child writes; empty when others write.
     */
    List<String> self() {
        return needed && own() ? List.of("deny", text(uids), text(gids)) : List.of();
    }

    private boolean own() {
        return euid != 0 && isOne(uids, euid) && isOne(gids, egid);
    }

    private static boolean isOne(List<IdMapping> maps, long id) {
        return maps.size() == 1 && maps.getFirst().size() == 1 && maps.getFirst().hostID() == id;
    }

    private static String text(List<IdMapping> maps) {
        StringBuilder text = new StringBuilder();
        for (IdMapping map : maps) {
            text.append(map.containerID())
                    .append(' ')
                    .append(map.hostID())
                    .append(' ')
                    .append(map.size())
                    .append('\n');
        }
        return text.toString();
    }

    /**
     * Writes the maps of a waiting child and lets it go on; it exits when they can't be written.
     */
    void admit(Stage stage, PlanRun run, int pid) throws StartException, ErrnoException {
        if (!gated()) {
            return;
        }
        try {
            write(pid);
        } catch (StartException e) {
            stage.abandon(run);
            throw e;
        }
        stage.open(run);
    }

    private void write(int pid) throws StartException {
        if (euid == 0) {
            put(pid, "uid_map", uids);
            put(pid, "gid_map", gids);
        } else {
            help("newuidmap", pid, uids);
            help("newgidmap", pid, gids);
        }
    }

    private static void put(int pid, String file, List<IdMapping> maps) throws StartException {
        Path path = Path.of("/proc", String.valueOf(pid), file);
        try {
            Files.write(path, text(maps).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new StartException(
                    StartException.Kind.FAILED,
                    "the id map " + text(maps).trim() + " is refused: " + e.getMessage(),
                    e);
        }
    }

    private static void help(String program, int pid, List<IdMapping> maps) throws StartException {
        List<String> command = new ArrayList<>(List.of(program, String.valueOf(pid)));
        for (IdMapping map : maps) {
            command.add(String.valueOf(map.containerID()));
            command.add(String.valueOf(map.hostID()));
            command.add(String.valueOf(map.size()));
        }
        try {
            java.lang.Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                            .trim();
            if (process.waitFor() != 0) {
                throw new StartException(
                        StartException.Kind.FAILED,
                        program + " refused the ranges of /etc/subuid and /etc/subgid: " + said);
            }
        } catch (IOException e) {
            throw new StartException(
                    StartException.Kind.FAILED,
                    program + " could not be run; install the package uidmap",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException(
                    StartException.Kind.FAILED, "interrupted while the ids were mapped", e);
        }
    }
}
