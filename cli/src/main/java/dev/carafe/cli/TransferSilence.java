package dev.carafe.cli;

import dev.carafe.oci.image.Digest;

/** No progress, for {@code --quiet}; what people should know is told. */
final class TransferSilence implements Transfer {
    private final Console console;

    TransferSilence(Console console) {
        this.console = console;
    }

    @Override
    public void progress(Digest blob, Phase phase, long bytes, long total) {}

    @Override
    public synchronized void note(String line) {
        console.note(line + "\n");
    }

    @Override
    public void close() {}
}
