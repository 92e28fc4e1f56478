package dev.carafe.engine;

/**
 * What the engine could not do, in one line that says what, where and, where it helps, what to do.
 */
public final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Kinds of failure, with the exit code of {@code docker run}. */
    public enum Code {
        FAILED(125),
        NO_SUCH_IMAGE(125),
        INVALID(125),
        NOT_EXECUTABLE(126),
        NOT_FOUND(127);

        private final int exitCode;

        Code(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }
    }

    private final Code code;

    public EngineException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public EngineException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
