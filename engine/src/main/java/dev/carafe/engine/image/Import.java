package dev.carafe.engine.image;

import dev.carafe.engine.image.Staging.Spooled;
import dev.carafe.linux.Arch;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Makes an image of one layer out of a root file system's tar. */
final class Import {
    private final Staging staging;
    private final Publish publish;

    Import(Staging staging, Publish publish) {
        this.staging = staging;
        this.publish = publish;
    }

    List<Prepared> tar(InputStream in, List<String> names, List<String> changes)
            throws IOException {
        ImageConfig.Config config = Changes.apply(changes);
        Spooled blob = staging.spool(in);
        if (blob.size() == 0) {
            throw new ImageException("there is nothing to import: the input is empty");
        }
        LayerUnpack.Unpacked layer = unpack(blob);
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        ImageConfig image =
                new ImageConfig(
                        now,
                        null,
                        Arch.host().oci(),
                        "linux",
                        null,
                        List.of(),
                        null,
                        config,
                        new ImageConfig.RootFs("layers", List.of(layer.diffId())),
                        List.of(new ImageConfig.History(now, null, null, "imported", false)));
        Spooled configBlob = staging.spool(new ByteArrayInputStream(image.json().bytes()));
        Manifest manifest =
                new Manifest(
                        new Descriptor(MediaType.CONFIG, configBlob.digest(), configBlob.size()),
                        List.of(new Descriptor(Load.layerType(blob), blob.digest(), blob.size())));
        Load load = new Load(staging);
        try {
            load.add(manifest, configBlob, List.of(blob), names);
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
        return load.prepared();
    }

    private LayerUnpack.Unpacked unpack(Spooled blob) throws IOException {
        Path part = staging.path("import");
        Files.createDirectory(part);
        Path fs = Files.createDirectory(part.resolve("fs"));
        LayerUnpack.Unpacked layer;
        try {
            layer = publish.unpack().unpack(blob.file(), fs);
        } catch (IOException e) {
            throw new ImageException("import: " + Layout.message(e), e);
        }
        if (!layer.complete()) {
            // nothing else would tell: there is no digest to compare with
            throw new ImageException(
                    "import: the tar archive is truncated at byte " + layer.size());
        }
        Files.write(
                part.resolve("size"), Long.toString(layer.size()).getBytes(StandardCharsets.UTF_8));
        Files.move(part, staging.path("layers").resolve(layer.diffId().hex()));
        return layer;
    }
}
