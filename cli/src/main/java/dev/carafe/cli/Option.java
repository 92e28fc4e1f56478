package dev.carafe.cli;

import org.jspecify.annotations.Nullable;

/**
 * An option of a verb.
 *
 * @param letter the short form, or 0
 * @param name the long form, without dashes
 * @param value what the help calls its value; null for a switch
 * @param help one line; for an option that isn't available yet, what it would need
 * @param available false for an option that is known from Docker and is refused
 */
record Option(char letter, String name, @Nullable String value, String help, boolean available) {
    static Option flag(char letter, String name, String help) {
        return new Option(letter, name, null, help, true);
    }

    static Option flag(String name, String help) {
        return new Option('\0', name, null, help, true);
    }

    static Option takes(char letter, String name, String value, String help) {
        return new Option(letter, name, value, help, true);
    }

    static Option takes(String name, String value, String help) {
        return new Option('\0', name, value, help, true);
    }

    /** An option that Docker has and Carafe hasn't yet. */
    static Option missing(char letter, String name, String instead) {
        return new Option(letter, name, null, instead, false);
    }

    /** An option that Docker has and Carafe hasn't yet. */
    static Option missing(String name, String instead) {
        return new Option('\0', name, null, instead, false);
    }

    /** How messages write it: {@code -m, --memory}. */
    String shown() {
        return letter == 0 ? "--" + name : "-" + letter + ", --" + name;
    }
}
