package dev.carafe.oci;

/** A document, digest or name is not what its specification asks for: one line that says why. */
public final class OciException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a line that says what is wrong and where. */
    public OciException(String message) {
        super(message);
    }

    /**
     * Hostile text made fit for an error line: in quotes, cut at 80 characters, and whatever could
     * move a terminal's cursor replaced.
     */
    public static String quote(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), 80) + 5).append('"');
        for (int i = 0; i < text.length() && i < 80; i++) {
            char c = text.charAt(i);
            out.append(c < ' ' || c == '"' || c >= 0x7f ? '?' : c);
        }
        return out.append(text.length() > 80 ? "...\"" : "\"").toString();
    }
}
