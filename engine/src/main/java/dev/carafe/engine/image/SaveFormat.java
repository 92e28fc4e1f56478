package dev.carafe.engine.image;

/** In which form images are saved. */
public enum SaveFormat {
    /** One tar that is an OCI layout and Docker's archive as well, as Docker 25 and newer save. */
    DOCKER,
    /** The tar of an OCI layout. */
    OCI_ARCHIVE,
    /** Docker's archive alone: manifest.json, and a file for each configuration and layer. */
    DOCKER_ARCHIVE
}
