package dev.carafe.runtime;

/** A container that could not be started; nothing of it is left. */
public final class StartException extends Exception {
    private static final long serialVersionUID = 1;

    /** The kinds of failure that users tell apart by the exit code. */
    public enum Kind {
        /** Anything before the command: exit code 125. */
        FAILED(125),
        /** The command is there but cannot be executed: 126. */
        NOT_EXECUTABLE(126),
        /** There is no such command: 127. */
        NOT_FOUND(127);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        /** What {@code docker run} exits with. */
        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    public StartException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StartException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
