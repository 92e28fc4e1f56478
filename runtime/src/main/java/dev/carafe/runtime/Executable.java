package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import java.util.ArrayList;
import java.util.List;

/** Where a command is looked for, as execvp(3) does, and what its failure means. */
final class Executable {
    private static final String DEFAULT_PATH =
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Executable() {}

    static List<String> candidates(String name, List<String> env) {
        if (name.indexOf('/') >= 0) {
            return List.of(name);
        }
        if (name.isEmpty()) {
            return List.of("/");
        }
        String path = DEFAULT_PATH;
        for (String variable : env) {
            if (variable.startsWith("PATH=")) {
                path = variable.substring(5);
            }
        }
        List<String> candidates = new ArrayList<>();
        for (String directory : path.split(":", -1)) {
            candidates.add((directory.isEmpty() ? "." : directory) + "/" + name);
        }
        return candidates;
    }

    /** Of all tries, the errno that tells most: a file that was there but could not be executed. */
    static int telling(List<Long> results) {
        int found = Errno.ENOENT;
        for (long result : results) {
            int errno = (int) -result;
            if (errno != Errno.ENOENT && errno != Errno.ENOTDIR) {
                found = errno;
            }
        }
        return found;
    }

    /** What to tell when no try of the plan executed the command. */
    static StartException failure(String name, List<Long> results) {
        int errno = telling(results);
        if (errno == Errno.ENOENT) {
            String where =
                    name.indexOf('/') >= 0
                            ? "no such file or directory"
                            : "executable file not found in $PATH";
            return new StartException(
                    StartException.Kind.NOT_FOUND, "exec: \"" + name + "\": " + where);
        }
        return new StartException(
                StartException.Kind.NOT_EXECUTABLE, "exec: \"" + name + "\": " + Errno.text(errno));
    }
}
