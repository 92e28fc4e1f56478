package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Transfers;
import dev.carafe.engine.registry.PushOptions;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageReference;
import java.util.List;

/** {@code carafe push}: sends images to registries. */
final class Push {
    private static final int STDOUT = 1;

    private Push() {}

    static Verb verb() {
        return new Verb(
                "push",
                "[OPTIONS] NAME[:TAG]",
                "Send an image to a registry",
                "Sends an image to the registry and repository that its name says. What is there already is\n"
                        + "not sent; what another repository of the registry has is taken over from it.",
                Given.options(
                        Option.flag('a', "all-tags", "Send every tag of the repository"),
                        Option.flag(
                                "all-platforms",
                                "Send the whole index that was pulled with --all-platforms"),
                        Option.missing("disable-content-trust", ""),
                        Option.missing(
                                "platform", "the image that is here is sent, or --all-platforms"),
                        Option.flag('q', "quiet", "Print nothing but the name")),
                """
                carafe tag app:1 localhost:5000/app:1 && carafe push localhost:5000/app:1
                carafe push -a localhost:5000/app
                """);
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, 1, console);
        if (given == null) {
            return 0;
        }
        String name = given.arguments().getFirst();
        ImageReference reference;
        try {
            reference = ImageReference.parse(name);
        } catch (OciException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        boolean all = given.has("all-tags");
        if (all && (reference.digest() != null || Pull.hasTag(name))) {
            throw new UsageException("tag can't be used with --all-tags/-a");
        }
        PushOptions options =
                new PushOptions(given.has("all-platforms"), PushOptions.USUAL.parallel());
        boolean quiet = given.has("quiet");
        try (Engine engine = Engine.open();
                Transfers transfers = engine.transfers()) {
            List<String> names = all ? transfers.namesOf(name) : List.of(name);
            if (names.isEmpty()) {
                console.error("no image of this host has a tag of " + reference.familiarName());
                return 1;
            }
            if (!quiet) {
                console.println("The push refers to repository [" + reference.name() + "]");
            }
            for (String one : names) {
                push(transfers, ImageReference.parse(one), options, quiet, console);
            }
        }
        return 0;
    }

    private static void push(
            Transfers transfers,
            ImageReference name,
            PushOptions options,
            boolean quiet,
            Console console) {
        Descriptor pushed;
        try (Transfer shown = Transfer.of(console, STDOUT, quiet)) {
            pushed = transfers.push(name.toString(), options, shown);
        }
        console.println(
                quiet
                        ? name.toString()
                        : name.tag() + ": digest: " + pushed.digest() + " size: " + pushed.size());
    }
}
