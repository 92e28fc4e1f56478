package dev.carafe.cli;

/** A command line that can't be understood; the text is one line for the user. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
