package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps that reach paths inside a container's root by its descriptor. The image decides what lies
 * there, so the kernel does the resolving (openat2(2)) and no path is checked as text.
 */
final class Inside {
    static final int O_PATH = 0x200000;
    static final int O_DIRECTORY = 0x10000;
    static final int O_CLOEXEC = 0x80000;
    static final int AT_EMPTY_PATH = 0x1000;

    private static final int RESOLVE_NO_MAGICLINKS = 2;
    private static final int RESOLVE_NO_SYMLINKS = 4;
    private static final int RESOLVE_IN_ROOT = 16;
    private static final int S_IFREG = 0x8000;

    private final Plan plan;
    private final Step root;

    Inside(Plan plan, Step root) {
        this.plan = plan;
        this.root = root;
    }

    /** Opens a path; symbolic links end inside the root, at the root at most. */
    Step open(String why, String path, int flags) {
        return open(why, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    }

    /**
     * Opens a path of a file system that the engine mounted; a symbolic link on the way is refused.
     */
    Step openStrict(String why, String path, int flags) {
        return open(
                why, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
    }

    private Step open(String why, String path, int flags, int resolve) {
        int all = flags | O_CLOEXEC;
        String text =
                "{flags=0x"
                        + Integer.toHexString(all)
                        + ", resolve=IN_ROOT|NO_MAGICLINKS"
                        + ((resolve & RESOLVE_NO_SYMLINKS) != 0 ? "|NO_SYMLINKS" : "")
                        + "}";
        Blob how = Blob.room(24, text).u64(0, all).u64(16, resolve);
        return plan.call(why, Sys.OPENAT2, root, relative(path), how, 24);
    }

    /** A mount point: the path, made first where the image has none. */
    Step mountPoint(String path, boolean directory) {
        String why = "the mount point " + path;
        boolean kernel = isKernels(path);
        Label there = plan.label();
        if (!kernel) {
            open(why + ", if the image has it", path, O_PATH).accept(Errno.ENOENT).onSuccess(there);
        } else {
            openStrict(why + ", if the image has it", path, O_PATH)
                    .accept(Errno.ENOENT)
                    .onSuccess(there);
        }
        make(path, directory);
        plan.place(there);
        int flags = O_PATH | (directory ? O_DIRECTORY : 0);
        return kernel ? openStrict(why, path, flags) : open(why, path, flags);
    }

    /** Makes what is missing of a path, component by component, never through a link out. */
    void make(String path, boolean directory) {
        List<String> parts = parts(path);
        Step parent = root;
        StringBuilder prefix = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            boolean last = i == parts.size() - 1;
            String name = parts.get(i);
            prefix.append(i == 0 ? "" : "/").append(name);
            if (last && !directory) {
                plan.call("make a file to mount on", Sys.MKNODAT, parent, name, S_IFREG | 0644, 0)
                        .accept(Errno.EEXIST);
                return;
            }
            plan.call("make a missing directory", Sys.MKDIRAT, parent, name, 0755)
                    .accept(Errno.EEXIST);
            if (!last) {
                parent = open("go down", prefix.toString(), O_PATH | O_DIRECTORY);
            }
        }
    }

    /**
     * /proc, /sys and /dev and what is below belong to the engine: the image may not redirect them.
     */
    static boolean isKernels(String path) {
        String first = parts(path).isEmpty() ? "" : parts(path).getFirst();
        return first.equals("proc") || first.equals("sys") || first.equals("dev");
    }

    static List<String> parts(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            switch (part) {
                case "", "." -> {}
                case ".." -> {
                    if (!parts.isEmpty()) {
                        parts.removeLast();
                    }
                }
                default -> parts.add(part);
            }
        }
        return parts;
    }

    private static String relative(String path) {
        String joined = String.join("/", parts(path));
        return joined.isEmpty() ? "." : joined;
    }

    static Object here() {
        return Fd.AT_FDCWD;
    }
}
