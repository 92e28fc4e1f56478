package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;

/** Text of a registry made fit for a line on a terminal. */
final class Printable {
    private Printable() {}

    /**
     * Without characters that move a cursor, change direction or break the line, and cut after that
     * many.
     */
    static String of(String text, int max) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), max) + 3);
        boolean space = true; // none at the start, and no two in a row
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            boolean plain = shown(c);
            if (plain || !space) {
                out.appendCodePoint(plain ? c : ' ');
            }
            space = !plain;
            if (out.length() >= max) {
                out.append("...");
                break;
            }
        }
        return out.toString().stripTrailing();
    }

    private static boolean shown(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR ->
                    false;
            default -> true;
        };
    }

    /** In quotes. */
    static String quote(String text) {
        return OciException.quote(text);
    }
}
