package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.DockerfileException;
import dev.carafe.engine.dockerfile.Heredoc;
import dev.carafe.engine.dockerfile.IgnoreRules;
import dev.carafe.engine.dockerfile.Instruction;
import dev.carafe.engine.dockerfile.Word;
import dev.carafe.engine.dockerfile.Words;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What COPY and ADD have in common: the destination, the owner and mode, and files written inline.
 */
final class Copying {
    private static final int INLINE_MODE = 0644;

    private final StageBuild build;
    private final Instruction.Copying copying;
    private final List<String> sources = new ArrayList<>();
    private final List<Inline> inline = new ArrayList<>();
    private final String destination;
    private final boolean slash;
    private final Copier.@Nullable Owner owner;
    private final OptionalInt mode;
    private final Filter excludes;

    private record Inline(String name, String content) {}

    Copying(StageBuild build, Instruction.Copying copying) throws IOException {
        this.build = build;
        this.copying = copying;
        for (Word word : copying.sources()) {
            sources.add(build.expand(word));
        }
        for (Heredoc heredoc : copying.inline()) {
            String text = Words.expandText(heredoc, build.scope());
            inline.add(new Inline(heredoc.name(), text));
        }
        String to = build.expand(copying.destination());
        if (to.isEmpty()) {
            throw copying.destination().error("the destination is empty");
        }
        this.slash = to.endsWith("/") || to.equals(".") || to.endsWith("/.") || to.endsWith("..");
        this.destination = At.bytes(At.clean(build.state().absolute(to)));
        this.owner = copying.chown() == null ? null : owner(copying.chown());
        this.mode = copying.chmod() == null ? OptionalInt.empty() : mode(copying.chmod());
        this.excludes = readExcludes();
    }

    private Filter readExcludes() throws DockerfileException {
        try {
            return Rules.of(IgnoreRules.of(copying.excludes()));
        } catch (IllegalArgumentException e) {
            throw copying.destination().error("--exclude: " + e.getMessage());
        }
    }

    /** The sources with their variables put in. */
    List<String> sources() {
        return sources;
    }

    String destination() {
        return destination;
    }

    /** Whether the destination is a directory for sure. */
    boolean slash() {
        return slash;
    }

    Filter excludes() {
        return excludes;
    }

    private Copier.Owner owner(Word word) throws IOException {
        String text = build.expand(word);
        if (text.isEmpty()) {
            throw word.error("--chown needs a user");
        }
        return Copier.Owner.of(text, build.state().lowers());
    }

    private OptionalInt mode(Word word) throws DockerfileException {
        String text = build.expand(word);
        boolean octal = !text.isEmpty() && text.length() <= 5;
        for (int i = 0; i < text.length(); i++) {
            octal &= text.charAt(i) >= '0' && text.charAt(i) <= '7';
        }
        if (!octal || Integer.parseInt(text, 8) > 07777) {
            throw word.error("--chmod takes an octal mode from 0 to 7777, such as 755");
        }
        return OptionalInt.of(Integer.parseInt(text, 8));
    }

    /**
     * Puts everything that decides about the result into a cache key, but for the sources' files.
     */
    Hash key(String kind) {
        // an independent layer is the same whatever is below
        Hash hash = new Hash().put(kind).put(copying.link() ? "link" : build.state().key());
        hash.put(destination).put(slash ? 1 : 0);
        hash.put(owner == null ? -1 : owner.uid()).put(owner == null ? -1 : owner.gid());
        hash.put(mode.isPresent() ? mode.getAsInt() : -1).put(copying.excludes());
        hash.put(inline.size());
        for (Inline one : inline) {
            hash.put(one.name).put(one.content);
        }
        return hash;
    }

    /** As a history shows it. */
    String history(String keyword) {
        StringBuilder text = new StringBuilder(keyword);
        for (String source : sources) {
            text.append(' ').append(source);
        }
        for (Inline one : inline) {
            text.append(" <<").append(one.name);
        }
        return text.append(' ').append(copying.destination().raw()).toString();
    }

    /** Opens the tree that the copies go into: the stage's files, or nothing at all for --link. */
    Copier open(Path upper, Path overlay) throws IOException {
        Work work = build.work();
        List<Path> lowers = copying.link() ? List.of(work.empty()) : work.lowers(build.state());
        return new Copier(Merged.writable(lowers, upper, overlay).root(), owner, mode);
    }

    /** Writes the inline files. */
    void writeInline(Copier copier) throws IOException {
        long time = build.work().now();
        for (Inline one : inline) {
            byte[] content = one.content.getBytes(StandardCharsets.UTF_8);
            copier.file(destination, slash, At.bytes(one.name), content, INLINE_MODE, time);
        }
    }

    Copier.@Nullable Owner owner() {
        return owner;
    }
}
