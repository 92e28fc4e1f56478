package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Foreground;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** {@code carafe import}: makes an image of a root file system. */
final class Import {
    private Import() {}

    static Verb verb() {
        return new Verb(
                "import",
                "[OPTIONS] FILE|- [REPOSITORY[:TAG]]",
                "Make an image of the tar of a root file system",
                "Makes an image of one layer from the tar of a root file system, plain or compressed with\n"
                        + "gzip or zstd, and prints its id.",
                Given.options(
                        Option.takes(
                                'c',
                                "change",
                                "INSTRUCTION",
                                "Set CMD, ENTRYPOINT, ENV, USER, WORKDIR, ..."),
                        Option.missing('m', "message", ""),
                        Option.missing("platform", "the image is for this machine")),
                """
                mmdebstrap bookworm | carafe import - bookworm:mine
                carafe import -c 'CMD ["bash"]' -c 'ENV LANG=C.UTF-8' rootfs.tar.zst base
                """);
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 1, 2, console);
        if (given == null) {
            return 0;
        }
        List<String> arguments = given.arguments();
        String file = arguments.getFirst();
        if (file.startsWith("http://") || file.startsWith("https://")) {
            throw new UsageException(
                    "importing from a URL isn't available yet; pipe it: curl ... | carafe import -");
        }
        if (file.equals("-") && Foreground.isTerminal(0)) {
            throw new UsageException("standard input is a terminal; name a file or redirect one");
        }
        try (Engine engine = Engine.open();
                InputStream in = Load.open(file.equals("-") ? null : file)) {
            String name = arguments.size() > 1 ? arguments.get(1) : null;
            console.println(engine.images().importTar(in, name, given.all("change")).id());
        }
        return 0;
    }
}
