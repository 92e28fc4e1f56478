package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Transfers;
import dev.carafe.engine.registry.Fetched;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe manifest inspect}: a manifest as a registry has it. */
final class ManifestInspect {
    private ManifestInspect() {}

    static Verb verb() {
        return new Verb(
                "manifest inspect",
                "[OPTIONS] NAME[:TAG|@DIGEST]",
                "Show the manifest or index of an image in a registry",
                "Prints what the registry has under that name, a manifest or an index of several platforms.",
                Given.options(
                        Option.missing("insecure", "registries.json says which speak plain HTTP"),
                        Option.flag(
                                "raw", "Print it byte for byte, as its digest is computed of it"),
                        Option.flag(
                                'v',
                                "verbose",
                                "Print descriptor and manifest of each platform's image")),
                """
                carafe manifest inspect debian:bookworm
                carafe manifest inspect -v localhost:5000/app:1
                carafe manifest inspect --raw localhost:5000/app:1 | sha256sum
                """);
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, 1, console);
        if (given == null) {
            return 0;
        }
        String name = given.arguments().getFirst();
        try (Engine engine = Engine.open();
                Transfers transfers = engine.transfers()) {
            Fetched fetched = transfers.manifest(name);
            if (given.has("raw")) {
                console.print(new String(fetched.bytes(), StandardCharsets.UTF_8));
            } else if (given.has("verbose")) {
                console.println(verbose(transfers, ImageReference.parse(name), fetched).pretty());
            } else {
                console.println(Json.parse(fetched.bytes()).pretty());
            }
        }
        return 0;
    }

    private static Json verbose(Transfers transfers, ImageReference name, Fetched fetched) {
        if (!MediaType.isIndex(fetched.descriptor().mediaType())) {
            return one(name.toString(), fetched, null);
        }
        List<Json> all = new ArrayList<>();
        Index index = Index.parse("manifest " + fetched.descriptor().digest(), fetched.bytes());
        for (Descriptor entry : index.manifests()) {
            String reference = name.name() + "@" + entry.digest();
            all.add(one(reference, transfers.manifest(reference), entry));
        }
        return new JsonArray(all);
    }

    /** With the names that docker gives its members. */
    private static JsonObject one(String reference, Fetched fetched, @Nullable Descriptor entry) {
        Descriptor own = fetched.descriptor();
        Descriptor descriptor = entry == null ? own : entry;
        boolean oci = own.mediaType().equals(MediaType.MANIFEST);
        return JsonObject.builder()
                .put("Ref", reference)
                .put("Descriptor", descriptor.json())
                .put("Raw", Base64.getEncoder().encodeToString(fetched.bytes()))
                .put(oci ? "OCIManifest" : "SchemaV2Manifest", Json.parse(fetched.bytes()))
                .build();
    }
}
