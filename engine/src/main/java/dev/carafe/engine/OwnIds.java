package dev.carafe.engine;

import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.UserNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * An ordinary user owns more ids than its own: the ranges of /etc/subuid and /etc/subgid. Only in a
 * user namespace can it give files to them, and a JVM, which has several threads, can't enter one
 * (setns(2), unshare(2)). So what writes layers runs in a second JVM, there.
 */
public final class OwnIds {
    private static final int MOST = 1 << 20;

    private OwnIds() {}

    /**
     * Runs this JVM's program again as root of a user namespace with the user's ranges, with the
     * same streams, environment and roots, and waits for it. The second one ends when this ends.
     *
     * @param mainClass the class whose main method this JVM runs
     * @param arguments the arguments for it
     * @param mounts whether the program mounts, which takes a namespace also for one id
     * @return its exit status; nothing when there is no need or no way: for root, for a user
     *     without ranges, and in a JVM that was started by other means
     * @throws EngineException when the namespace can't be made
     */
    public static OptionalInt run(String mainClass, List<String> arguments, boolean mounts) {
        try {
            ContainerSpec.Identity identity = ContainerSpec.Identity.ofThisProcess();
            boolean one = identity.uids().size() < 2 || identity.gids().size() < 2;
            if (identity.uid() == 0 || one && !mounts) {
                return OptionalInt.empty();
            }
            List<String> command = java(mainClass);
            if (command.isEmpty()) {
                return OptionalInt.empty();
            }
            command.addAll(arguments);
            return OptionalInt.of(run(identity.uids(), identity.gids(), command));
        } catch (IOException | StartException e) {
            throw new EngineException(
                    EngineException.Code.FAILED,
                    "the ids of /etc/subuid and /etc/subgid can't be used: " + e.getMessage(),
                    e);
        }
    }

    private static int run(List<IdMapping> uids, List<IdMapping> gids, List<String> command)
            throws StartException, IOException {
        List<String> environment = new ArrayList<>();
        for (Map.Entry<String, String> one : System.getenv().entrySet()) {
            environment.add(one.getKey() + "=" + one.getValue());
        }
        return UserNamespace.run(uids, gids, command, environment);
    }

    /** How this JVM was started, up to its main class; empty when that was another. */
    private static List<String> java(String mainClass) throws IOException {
        Path self = Path.of("/proc/self");
        byte[] bytes = Files.readAllBytes(self.resolve("cmdline"));
        String[] words = new String(bytes, StandardCharsets.UTF_8).split("\0", -1);
        int main = List.of(words).indexOf(mainClass);
        if (main < 1 || bytes.length > MOST) {
            return List.of();
        }
        Roots roots = Roots.usual();
        List<String> command = new ArrayList<>();
        command.add(self.resolve("exe").toRealPath().toString());
        // there the user is root, whose home is another
        command.add("-Duser.home=" + System.getProperty("user.home"));
        command.add("-Duser.name=" + System.getProperty("user.name"));
        command.add("-D" + Roots.DATA + "=" + roots.data().toAbsolutePath());
        command.add("-D" + Roots.RUN + "=" + roots.run().toAbsolutePath());
        command.addAll(List.of(words).subList(1, main + 1));
        return command;
    }
}
