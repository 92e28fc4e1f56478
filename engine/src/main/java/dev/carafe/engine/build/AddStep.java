package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Instruction;
import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.Extraction;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FdStreams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** ADD: COPY of the context's files, with archives unpacked; URLs; git repositories. */
final class AddStep {
    private static final int DOWNLOAD_MODE = 0600;

    private final StageBuild build;
    private final Work work;
    private final Instruction.Add add;
    private final Copying copying;
    private final @Nullable String checksum;

    /** What an ADD brings. */
    private sealed interface Part {}

    /** A file or directory of a tree. */
    private record Local(Source source, Source.Found file, boolean unpack) implements Part {}

    /** A file that was fetched. */
    private record Download(Remote.Fetched fetched) implements Part {}

    /** A repository that was cloned. */
    private record Clone(Source source, Source.Found root, String commit) implements Part {}

    AddStep(StageBuild build, Instruction.Add add) throws IOException {
        this.build = build;
        this.work = build.work();
        this.add = add;
        this.copying = new Copying(build, add.copying());
        this.checksum = add.checksum() == null ? null : build.expand(add.checksum());
    }

    void run() throws IOException {
        int number = build.begin(add);
        List<AutoCloseable> held = new ArrayList<>();
        try {
            run(number, held);
        } catch (IOException | RuntimeException e) {
            work.listener().failed(number, String.valueOf(e.getMessage()));
            throw e;
        } finally {
            for (AutoCloseable one : held) {
                close(one);
            }
        }
    }

    private static void close(AutoCloseable one) throws IOException {
        try {
            one.close();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void run(int number, List<AutoCloseable> held) throws IOException {
        String quick = quickKey();
        String key = quick == null ? null : work.cache().alias(quick);
        if (key != null && build.reuse(number, key, copying.history("ADD"))) {
            return;
        }
        List<Part> parts = new ArrayList<>();
        for (String source : copying.sources()) {
            parts(number, source, parts, held);
        }
        key = contentKey(parts);
        if (!build.reuse(number, key, copying.history("ADD"))) {
            build.make(
                    number,
                    key,
                    copying.history("ADD"),
                    (n, upper, overlay) -> write(parts, upper, overlay));
            work.listener().done(number);
        }
        if (quick != null) {
            work.cache().alias(quick, key);
        }
    }

    /** A download whose checksum is given need not be fetched to know that it is the same. */
    private @Nullable String quickKey() {
        return checksum == null
                ? null
                : copying.key("add-checksum").put(copying.sources()).put(checksum).hex();
    }

    private void parts(int number, String source, List<Part> parts, List<AutoCloseable> held)
            throws IOException {
        if (GitAddress.isGit(source)) {
            Git.Checkout checkout =
                    Git.clone(
                            GitAddress.parse(source),
                            work.draft().newDirectory("git"),
                            add.keepGitDir());
            Fd root = Dir.open(checkout.directory());
            held.add(root);
            Source tree = new Source(root, Filter.NONE, true, source);
            Source.Found found = tree.find("");
            if (found != null) {
                parts.add(new Clone(tree, found, checkout.commit()));
            }
        } else if (Remote.isHttp(source)) {
            work.listener().note(number, "fetching " + Remote.shown(source));
            Path directory = work.draft().newDirectory("download");
            parts.add(new Download(Remote.fetch(source, directory, checksum)));
        } else {
            Source context = work.inputs().source(null);
            for (Source.Found file : Wildcards.find(context, source)) {
                parts.add(new Local(context, file, isArchive(context, file)));
            }
        }
    }

    private static boolean isArchive(Source source, Source.Found file) throws IOException {
        if (!file.info().isRegular()) {
            return false;
        }
        try (Fd open = open(source, file)) {
            return Extraction.isArchive(FdStreams.input(open), At.shown(file.asked()));
        }
    }

    private static Fd open(Source source, Source.Found file) throws IOException {
        String directory = At.parent(file.path());
        try (Fd parent =
                At.checked(
                        "open", directory, At.strict(source.root(), directory, Dir.O_DIRECTORY))) {
            return Source.read(parent, At.last(file.path()), file.path());
        }
    }

    private String contentKey(List<Part> parts) throws IOException {
        Hash hash = copying.key("add").put(add.keepGitDir() ? 1 : 0);
        for (Part part : parts) {
            if (part instanceof Local local) {
                hash.put(local.file.asked())
                        .put(
                                new Contents(local.source, copying.excludes(), work.digests())
                                        .add(List.of(local.file))
                                        .hex());
            } else if (part instanceof Download download) {
                Remote.Fetched fetched = download.fetched;
                hash.put(fetched.name()).put(fetched.digest()).put(fetched.modified());
            } else if (part instanceof Clone clone) {
                hash.put(clone.source.name()).put(clone.commit);
            }
        }
        return hash.hex();
    }

    private void write(List<Part> parts, Path upper, Path overlay) throws IOException {
        try (Copier copier = copying.open(upper, overlay)) {
            for (Part part : parts) {
                if (part instanceof Local local && local.unpack) {
                    unpack(local, copier);
                } else if (part instanceof Local local) {
                    copy(copier, local.source, local.file);
                } else if (part instanceof Clone clone) {
                    copy(copier, clone.source, clone.root);
                } else if (part instanceof Download download) {
                    write(copier, download.fetched);
                }
            }
            copying.writeInline(copier);
        }
    }

    private void copy(Copier copier, Source source, Source.Found found) throws IOException {
        copier.copy(source, found, copying.destination(), copying.slash(), copying.excludes());
    }

    private void write(Copier copier, Remote.Fetched fetched) throws IOException {
        try (Fd directory = Dir.open(fetched.directory());
                Fd file = Source.read(directory, At.last(fetched.file().toString()), "")) {
            long time = fetched.modified() > 0 ? fetched.modified() : 0;
            copier.file(
                    copying.destination(),
                    copying.slash(),
                    At.bytes(fetched.name()),
                    file,
                    DOWNLOAD_MODE,
                    time);
        }
    }

    /** An archive's files go into the destination, which is a directory. */
    private void unpack(Local local, Copier copier) throws IOException {
        Copier.Owner owner = copying.owner();
        try (Fd archive = open(local.source, local.file);
                Fd into = copier.open(copying.destination())) {
            Extraction.into(
                    into,
                    FdStreams.input(archive),
                    owner == null
                            ? Optional.empty()
                            : Optional.of(new Extraction.Owner(owner.uid(), owner.gid())));
        }
    }
}
