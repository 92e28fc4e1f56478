import org.jspecify.annotations.NullMarked;

/** The records of the OCI runtime, image and distribution specifications, and their JSON. */
@NullMarked
module dev.carafe.oci {
    requires static org.jspecify;

    exports dev.carafe.oci;
    exports dev.carafe.oci.image;
    exports dev.carafe.oci.json;
    exports dev.carafe.oci.runtime;
}
