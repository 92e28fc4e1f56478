package dev.carafe.cli;

import dev.carafe.engine.image.TransferListener;
import dev.carafe.oci.image.Digest;
import java.util.HashMap;
import java.util.Map;

/** Progress for a file or a pipe: a line when a layer enters another phase, as docker prints it. */
final class TransferLines implements Transfer {
    private final Console console;
    private final Map<Digest, TransferListener.Phase> phases = new HashMap<>();

    TransferLines(Console console) {
        this.console = console;
    }

    @Override
    public synchronized void progress(Digest blob, Phase phase, long bytes, long total) {
        Phase before = phases.put(blob, phase);
        if (before == phase || phase == Phase.EXTRACTING) {
            return;
        }
        if (phase == Phase.DOWNLOADING || phase == Phase.UPLOADING) {
            return; // the end of it is of interest, and what went before is told
        }
        console.println(Transfer.id(blob) + ": " + Transfer.text(phase));
    }

    @Override
    public synchronized void note(String line) {
        console.note(line + "\n");
    }

    @Override
    public void close() {}
}
