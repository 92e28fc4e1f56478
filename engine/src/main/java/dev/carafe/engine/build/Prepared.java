package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Dockerfile;
import dev.carafe.engine.dockerfile.IgnoreRules;
import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Extraction;
import dev.carafe.linux.Fd;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The Dockerfile and the contexts of a build, wherever they came from. */
record Prepared(Dockerfile dockerfile, Context context, Map<String, Context> named) {
    private static final String DOCKERFILE = "Dockerfile";
    private static final String IMAGE = "docker-image://";
    private static final int PEEK = 64 * 1024;

    /** A context that may bring its own Dockerfile, when it is nothing but one. */
    private record Opened(Context context, @Nullable String dockerfile) {}

    static Prepared of(BuildOptions options, Draft draft) throws IOException {
        Opened main = open(options.context(), draft);
        Map<String, Context> named = new HashMap<>();
        try {
            for (Map.Entry<String, String> one : options.buildContexts().entrySet()) {
                if (!one.getValue().startsWith(IMAGE)) {
                    named.put(
                            one.getKey().toLowerCase(Locale.ROOT),
                            named(one.getKey(), one.getValue(), draft));
                }
            }
            return read(options, main, named);
        } catch (IOException e) {
            main.context.close();
            for (Context one : named.values()) {
                one.close();
            }
            throw e;
        }
    }

    /** The image that a named context stands for. */
    static String image(String name, String value) throws BuildException {
        if (!value.startsWith(IMAGE)) {
            throw new BuildException(
                    "FROM " + name + ": the build context of that name is no image");
        }
        return value.substring(IMAGE.length());
    }

    private static Context named(String name, String value, Draft draft) throws IOException {
        if (Remote.isHttp(value) || GitAddress.isGit(value)) {
            return open(new BuildOptions.ContextSource.Address(value), draft).context;
        }
        Context context = Context.directory(Path.of(value), "build context " + name);
        byte[] ignore = context.read(".dockerignore");
        if (ignore != null) {
            context.ignore(IgnoreRules.parse(name + "/.dockerignore", ignore));
        }
        return context;
    }

    private static Opened open(BuildOptions.ContextSource source, Draft draft) throws IOException {
        if (source instanceof BuildOptions.ContextSource.Directory directory) {
            return new Opened(Context.directory(directory.path(), "the build context"), null);
        }
        if (source instanceof BuildOptions.ContextSource.Stream stream) {
            return unpack(stream.in(), "standard input", draft);
        }
        String url = ((BuildOptions.ContextSource.Address) source).url();
        if (GitAddress.isGit(url)) {
            Path clone = draft.newDirectory("context");
            Git.Checkout checkout = Git.clone(GitAddress.parse(url), clone, false);
            return new Opened(Context.directory(checkout.directory(), "the repository"), null);
        }
        Remote.Fetched fetched = Remote.fetch(url, draft.newDirectory("download"), null);
        try (InputStream in = Files.newInputStream(fetched.file())) {
            return unpack(in, Remote.shown(url), draft);
        }
    }

    /** A tar, or else a Dockerfile without a context. */
    private static Opened unpack(InputStream stream, String shown, Draft draft) throws IOException {
        Path directory = draft.newDirectory("context");
        BufferedInputStream in = new BufferedInputStream(stream, PEEK);
        in.mark(PEEK);
        byte[] head = in.readNBytes(PEEK / 2);
        in.reset();
        Context context = Context.directory(directory, "the build context");
        if (!Extraction.isArchive(new java.io.ByteArrayInputStream(head), shown)) {
            byte[] text = in.readNBytes(Dockerfile.MAX_BYTES + 1);
            if (text.length == 0) {
                throw new BuildException(shown + " is empty; give a Dockerfile or a tar");
            }
            return new Opened(context, new String(text, StandardCharsets.UTF_8));
        }
        try (Fd into = Dir.open(directory)) {
            Extraction.into(into, in, Optional.empty());
        }
        return new Opened(context, null);
    }

    private static Prepared read(BuildOptions options, Opened main, Map<String, Context> named)
            throws IOException {
        Context context = main.context;
        BuildOptions.DockerfileSource source = options.dockerfile();
        String name = DOCKERFILE;
        byte[] text;
        byte[] ignore = null;
        if (source instanceof BuildOptions.DockerfileSource.Text given) {
            text = given.text().getBytes(StandardCharsets.UTF_8);
        } else if (main.dockerfile != null) {
            text = main.dockerfile.getBytes(StandardCharsets.UTF_8);
        } else if (source instanceof BuildOptions.DockerfileSource.File file) {
            name = file.path();
            boolean local = options.context() instanceof BuildOptions.ContextSource.Directory;
            text = local ? host(Path.of(name)) : context.read(name);
            if (text == null && local) {
                text = context.read(name);
            }
            Path beside = Path.of(name + ".dockerignore");
            ignore = local ? host(beside) : context.read(beside.toString());
        } else {
            text = context.read(name);
            ignore = context.read(name + ".dockerignore");
        }
        if (text == null) {
            throw new BuildException(
                    "there is no "
                            + name
                            + (source instanceof BuildOptions.DockerfileSource.File
                                    ? ""
                                    : " in " + context.source().name() + "; name one with -f"));
        }
        Dockerfile dockerfile = Dockerfile.parse(name, text);
        if (ignore == null) {
            ignore = context.read(".dockerignore");
        }
        if (ignore != null) {
            context.ignore(IgnoreRules.parse(".dockerignore", ignore));
        }
        return new Prepared(dockerfile, context, named);
    }

    private static byte @Nullable [] host(Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        if (!Files.isRegularFile(file)) {
            throw new BuildException(file + " is not a file");
        }
        return Files.readAllBytes(file);
    }
}
