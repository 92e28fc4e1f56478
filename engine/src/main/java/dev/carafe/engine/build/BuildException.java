package dev.carafe.engine.build;

import java.io.IOException;

/** A build that can't go on; the message is one line that says what, where and what to do. */
public final class BuildException extends IOException {
    private static final long serialVersionUID = 1;

    public BuildException(String message) {
        super(message);
    }

    public BuildException(String message, Throwable cause) {
        super(message, cause);
    }
}
