package dev.carafe.engine.image;

import java.io.IOException;

/** An image or an archive that can't be used; the message is one line that says what and where. */
public final class ImageException extends IOException {
    private static final long serialVersionUID = 1;

    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
