package dev.carafe.engine.vm;

import java.io.IOException;

/** A machine that can't be made or used; the message is one line that says what, where and why. */
public final class VmException extends IOException {
    private static final long serialVersionUID = 1;

    public VmException(String message) {
        super(message);
    }

    public VmException(String message, Throwable cause) {
        super(message, cause);
    }
}
