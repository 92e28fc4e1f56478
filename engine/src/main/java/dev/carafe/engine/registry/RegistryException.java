package dev.carafe.engine.registry;

import java.io.IOException;

/** What a registry, or the way to it, refused; the message is one line that says what and where. */
public final class RegistryException extends IOException {
    private static final long serialVersionUID = 1;

    private final int status;

    /** Without an answer of the registry. */
    public RegistryException(String message) {
        this(0, message);
    }

    /** Without an answer of the registry. */
    public RegistryException(String message, Throwable cause) {
        super(message, cause);
        this.status = 0;
    }

    /** With the HTTP status of the answer. */
    public RegistryException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The HTTP status of the answer that caused it; 0 when it was not an answer. */
    public int status() {
        return status;
    }
}
