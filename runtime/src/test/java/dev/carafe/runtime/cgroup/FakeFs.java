package dev.carafe.runtime.cgroup;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A made-up host: files with contents, and the paths that may be written. */
final class FakeFs implements CgroupFs {
    private final Map<String, String> files = new HashMap<>();
    private final Set<String> writable = new HashSet<>();
    private final boolean privileged;

    FakeFs(boolean privileged) {
        this.privileged = privileged;
    }

    FakeFs file(String path, String content) {
        files.put(path, content);
        return this;
    }

    /** A group that is ours to use. */
    FakeFs delegated(String dir) {
        writable.add(dir);
        writable.add(dir + "/cgroup.procs");
        return this;
    }

    @Override
    public String read(String file) throws IOException {
        String content = files.get(file);
        if (content == null) {
            throw new FileNotFoundException(file);
        }
        return content;
    }

    @Override
    public boolean exists(String path) {
        return files.containsKey(path);
    }

    @Override
    public boolean writable(String path) {
        return writable.contains(path);
    }

    @Override
    public boolean privileged() {
        return privileged;
    }
}
