package dev.carafe.engine;

import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageUser;
import dev.carafe.linux.Capabilities;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.CapabilitySets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the process of {@code exec} from the container's own and the options. */
final class ExecProcess {
    private final Process own;
    private final ExecOptions options;
    private final Names names;

    /** Who a user is, by the container's own /etc/passwd and /etc/group. */
    interface Names {
        ImageUser find(String user) throws ImageException, IOException;
    }

    ExecProcess(Process own, ExecOptions options, Names names) {
        this.own = own;
        this.options = options;
        this.names = names;
    }

    Process process() throws IOException {
        try {
            ImageUser wanted = options.user().isEmpty() ? null : names.find(options.user().get());
            User user =
                    wanted == null
                            ? own.user()
                            : new User(
                                    wanted.uid(), wanted.gid(), own.user().umask(), groups(wanted));
            return new Process(
                    options.tty(),
                    options.tty() ? options.consoleSize().orElse(null) : null,
                    options.workdir().orElse(own.cwd()),
                    env(wanted),
                    options.command(),
                    own.rlimits(),
                    own.apparmorProfile(),
                    options.privileged()
                            ? CapabilitySets.process(Capabilities.all())
                            : own.capabilities(),
                    own.noNewPrivileges(),
                    own.oomScoreAdj(),
                    null,
                    null,
                    null,
                    null,
                    user);
        } catch (ImageException e) {
            throw new EngineException(
                    EngineException.Code.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    private static List<Long> groups(ImageUser user) {
        List<Long> groups = new ArrayList<>();
        for (int gid : user.additionalGids()) {
            groups.add((long) gid);
        }
        return groups;
    }

    private List<String> env(@Nullable ImageUser wanted) throws ImageException, IOException {
        Map<String, String> env = new LinkedHashMap<>();
        for (String assignment : own.env()) {
            put(env, assignment);
        }
        if (options.tty() && !env.containsKey("TERM")) {
            put(env, "TERM=xterm");
        }
        if (wanted != null && hasUsersHome(env)) {
            put(env, "HOME=" + wanted.home());
        }
        for (RunOptions.Env variable : options.env()) {
            if (variable.value() == null) {
                env.remove(variable.name());
            } else {
                put(env, variable.name() + "=" + variable.value());
            }
        }
        return List.copyOf(env.values());
    }

    /** Whether HOME is what the container's own user has, not what somebody chose. */
    private boolean hasUsersHome(Map<String, String> env) throws ImageException, IOException {
        String home = names.find(String.valueOf(own.user().uid())).home();
        return ("HOME=" + home).equals(env.get("HOME"));
    }

    private static void put(Map<String, String> env, String assignment) {
        int equals = assignment.indexOf('=');
        env.put(equals < 0 ? assignment : assignment.substring(0, equals), assignment);
    }
}
