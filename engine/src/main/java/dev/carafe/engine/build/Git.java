package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Clones repositories with the host's git. */
final class Git {
    private static final int COMMIT = 40;
    private static final int SHORTEST = 7;

    private Git() {}

    /**
     * A checked out repository.
     *
     * @param directory the part that was asked for, free of links
     * @param commit 40 or 64 hexadecimal digits
     */
    record Checkout(Path directory, String commit) {}

    /**
     * Clones the one commit that is asked for.
     *
     * @param into an empty directory
     * @param keep whether {@code .git} stays
     */
    static Checkout clone(GitAddress address, Path into, boolean keep) throws IOException {
        Path tree = Files.createDirectory(into.resolve("tree"));
        git(tree, "init", "-q", "--initial-branch=build", ".");
        git(tree, "remote", "add", "origin", address.repository());
        String ref = address.ref().isEmpty() ? "HEAD" : address.ref();
        fetch(tree, ref, address);
        git(tree, "checkout", "-q", "--force", "FETCH_HEAD");
        git(tree, "submodule", "update", "-q", "--init", "--recursive", "--depth=1");
        String commit = git(tree, "rev-parse", "HEAD").strip();
        if (!keep) {
            DirectoryTree.delete(tree.resolve(".git"));
        }
        return new Checkout(inside(tree, address), commit);
    }

    /**
     * A shallow fetch; else a whole one, for servers that can't, and of everything for a commit.
     */
    private static void fetch(Path tree, String ref, GitAddress address) throws IOException {
        if (succeeds(tree, "fetch", "-q", "--depth=1", "--no-tags", "origin", ref)) {
            return;
        }
        boolean commit = ref.length() >= SHORTEST && ref.length() <= COMMIT && isHex(ref);
        try {
            if (commit) {
                git(tree, "fetch", "-q", "origin");
                git(tree, "fetch", "-q", ".", ref);
            } else {
                git(tree, "fetch", "-q", "--no-tags", "origin", ref);
            }
        } catch (BuildException e) {
            throw new BuildException(
                    "git: " + Remote.shown(address.repository()) + ": " + e.getMessage(), e);
        }
    }

    private static boolean succeeds(Path tree, String... arguments) throws IOException {
        try {
            git(tree, arguments);
            return true;
        } catch (BuildException e) {
            return false;
        }
    }

    private static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), 16) < 0) {
                return false;
            }
        }
        return true;
    }

    /** A subdirectory is looked up in the repository, whose links may lead anywhere. */
    private static Path inside(Path tree, GitAddress address) throws IOException {
        if (address.directory().isEmpty()) {
            return tree;
        }
        try (Fd root = Dir.open(tree)) {
            String wanted = At.bytes(address.directory());
            long fd = At.strict(root, wanted, Dir.O_DIRECTORY);
            if (Native.isError(fd)) {
                throw new BuildException(
                        "git: "
                                + Remote.shown(address.repository())
                                + " has no directory "
                                + At.shown(wanted)
                                + " without links on the way");
            }
            new Fd((int) fd).close();
            return tree.resolve(address.directory());
        }
    }

    private static String git(Path directory, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-c", "protocol.ext.allow=never"));
        command.addAll(
                List.of("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("GIT_TERMINAL_PROMPT", "0");
        environment.put("GIT_CONFIG_NOSYSTEM", "1");
        environment.remove("GIT_DIR");
        environment.remove("GIT_WORK_TREE");
        Process process;
        try {
            process = builder.redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new BuildException("git is not on this host; install it to use repositories", e);
        }
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new BuildException("git " + arguments[0] + ": " + lastLine(out));
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new BuildException("interrupted while git runs", e);
        }
        return out;
    }

    private static String lastLine(String out) {
        String text = out.strip();
        return text.substring(text.lastIndexOf('\n') + 1);
    }
}
