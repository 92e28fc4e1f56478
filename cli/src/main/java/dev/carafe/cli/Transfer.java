package dev.carafe.cli;

import dev.carafe.engine.Foreground;
import dev.carafe.engine.image.TransferListener;
import dev.carafe.oci.image.Digest;

/** How a pull or push shows what it does. */
sealed interface Transfer extends TransferListener, AutoCloseable
        permits TransferLines, TransferBars, TransferSilence {
    /** Bars on a terminal, lines elsewhere, nothing but notes when asked to be quiet. */
    static Transfer of(Console console, int stream, boolean quiet) {
        if (quiet) {
            return new TransferSilence(console);
        }
        return Foreground.isTerminal(stream)
                ? new TransferBars(console, stream)
                : new TransferLines(console);
    }

    /** A blob's short id. */
    static String id(Digest blob) {
        return blob.hex().substring(0, 12);
    }

    /** A phase in docker's words. */
    static String text(Phase phase) {
        return switch (phase) {
            case PENDING -> "Pulling fs layer";
            case WAITING -> "Waiting for another pull";
            case DOWNLOADING -> "Downloading";
            case EXTRACTING -> "Extracting";
            case PULLED -> "Pull complete";
            case QUEUED -> "Preparing";
            case UPLOADING -> "Pushing";
            case PUSHED -> "Pushed";
            case EXISTS -> "Already exists";
            case PRESENT -> "Layer already exists";
            case MOUNTED -> "Mounted from another repository";
        };
    }

    /** Shows the last state. */
    @Override
    void close();
}
