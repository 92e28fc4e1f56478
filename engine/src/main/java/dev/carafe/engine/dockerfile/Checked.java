package dev.carafe.engine.dockerfile;

/**
 * Finds the mistakes of a word when it is parsed, not minutes later when its turn has come: it is
 * expanded with a value for every variable.
 */
final class Checked {
    private Checked() {}

    static Word word(Word word) throws DockerfileException {
        if (mayBeWrong(word)) {
            Words.expand(word, name -> "x");
        }
        return word;
    }

    static Heredoc heredoc(Heredoc heredoc) throws DockerfileException {
        Words.expandText(heredoc, name -> "x");
        return heredoc;
    }

    private static boolean mayBeWrong(Word word) {
        String raw = word.raw();
        return raw.indexOf('$') >= 0 || raw.indexOf('\'') >= 0 || raw.indexOf('"') >= 0;
    }
}
