package dev.carafe.engine.dockerfile;

/** The characters that part words: those of the language, whatever the locale. */
final class Blank {
    private Blank() {}

    static boolean is(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    /** The first character from there on that is not blank, or the text's end. */
    static int skip(String text, int from) {
        int at = from;
        while (at < text.length() && is(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** The first blank from there on, or the text's end. */
    static int next(String text, int from) {
        int at = from;
        while (at < text.length() && !is(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** The text's end without trailing blanks, not before that place. */
    static int end(String text, int from) {
        int at = text.length();
        while (at > from && is(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }
}
