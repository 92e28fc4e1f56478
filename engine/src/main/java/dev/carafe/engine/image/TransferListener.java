package dev.carafe.engine.image;

import dev.carafe.oci.image.Digest;

/** Told of what moves. Called by many threads at once, up to some thousand times a second. */
public interface TransferListener {
    /** Says nothing. */
    TransferListener SILENT =
            new TransferListener() {
                @Override
                public void progress(Digest blob, Phase phase, long bytes, long total) {}

                @Override
                public void note(String line) {}
            };

    /** What a blob is going through. */
    enum Phase {
        /** Its turn has not come. */
        PENDING,
        /** Another pull on this host fetches it. */
        WAITING,
        DOWNLOADING,
        /** All of it is here, and is still being unpacked. */
        EXTRACTING,
        /** Fetched and unpacked. */
        PULLED,
        /** To be sent, unless the registry has it. */
        QUEUED,
        UPLOADING,
        PUSHED,
        /** It was here already. */
        EXISTS,
        /** The registry had it already. */
        PRESENT,
        /** The registry took it from another of its repositories. */
        MOUNTED
    }

    /**
     * Where a blob is.
     *
     * @param bytes done, of {@code total}
     */
    void progress(Digest blob, Phase phase, long bytes, long total);

    /** One line for people, such as a warning. */
    void note(String line);
}
