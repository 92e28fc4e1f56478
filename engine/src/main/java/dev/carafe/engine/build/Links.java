package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Finds where a path leads through symbolic links, as if a directory were the root of everything.
 * The result is a path free of links, which is then opened with {@link At#strict}: should somebody
 * put a link there in between, opening fails.
 */
final class Links {
    private static final int MAX_LINKS = 40;

    private Links() {}

    /**
     * Follows every link, also a last one.
     *
     * @return a clean path; from the first part on that is not there, as it was written
     */
    static String follow(Fd root, String path) throws ErrnoException {
        return follow(root, path, true);
    }

    /** The same; {@code last} says whether a link at the very end is followed. */
    static String follow(Fd root, String path, boolean last) throws ErrnoException {
        Deque<String> todo = new ArrayDeque<>();
        push(todo, path);
        List<String> at = new ArrayList<>();
        int links = 0;
        boolean there = true;
        while (!todo.isEmpty()) {
            String part = todo.pop();
            if (part.equals("..")) {
                if (!at.isEmpty()) {
                    at.remove(at.size() - 1);
                }
                there = true; // whether it is, the next look will tell
                continue;
            }
            String target = there && (last || !todo.isEmpty()) ? target(root, at, part) : null;
            if (target == null) {
                at.add(part);
                continue;
            }
            if (target.isEmpty()) {
                there = false;
                at.add(part);
                continue;
            }
            if (++links > MAX_LINKS) {
                throw new ErrnoException("follow /" + At.shown(path), Errno.ELOOP);
            }
            if (target.startsWith("/")) {
                at.clear();
            }
            push(todo, target);
        }
        return String.join("/", at);
    }

    /** A link's target; empty when nothing is there, null when it is something else. */
    private static @org.jspecify.annotations.Nullable String target(
            Fd root, List<String> at, String part) throws ErrnoException {
        String path = at.isEmpty() ? part : String.join("/", at) + "/" + part;
        long fd = At.strict(root, path, Dir.O_PATH);
        if (At.isAbsent(fd) || fd == -Errno.ELOOP) {
            return "";
        }
        if (Native.isError(fd)) {
            throw new ErrnoException("open /" + At.shown(path), (int) -fd);
        }
        try (Fd file = new Fd((int) fd)) {
            return At.stat(file).isSymlink() ? At.readlink(file) : null;
        }
    }

    private static void push(Deque<String> todo, String path) {
        int end = path.length();
        while (end > 0) {
            int slash = path.lastIndexOf('/', end - 1);
            String name = path.substring(slash + 1, end);
            if (!name.isEmpty() && !name.equals(".")) {
                todo.push(name);
            }
            end = slash;
        }
    }
}
