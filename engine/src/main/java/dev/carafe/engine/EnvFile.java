package dev.carafe.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of variables and of labels, one a line, with {@code #} comments, as Docker reads them. */
final class EnvFile {
    private EnvFile() {}

    /**
     * The variables, each as {@code NAME=VALUE} or {@code NAME}; of the latter only those that this
     * process has.
     *
     * @throws IllegalArgumentException when it can't be read or has a bad line
     */
    static List<String> variables(Path file) {
        List<String> found = new ArrayList<>();
        for (String line : lines(file)) {
            int eq = line.indexOf('=');
            String name = eq < 0 ? line : line.substring(0, eq);
            for (int i = 0; i < name.length(); i++) {
                if (Character.isWhitespace(name.charAt(i))) {
                    throw new IllegalArgumentException(
                            file + ": variable " + Check.quote(name) + " contains whitespaces");
                }
            }
            if (name.isEmpty()) {
                throw new IllegalArgumentException(
                        file + ": no variable name on line " + Check.quote(line));
            }
            if (eq >= 0 || System.getenv(name) != null) {
                found.add(line);
            }
        }
        return found;
    }

    /** The lines that are neither empty nor comments. */
    static List<String> lines(Path file) {
        List<String> found = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                String text = line.stripLeading();
                if (found.isEmpty() && text.startsWith("\ufeff")) {
                    text = text.substring(1);
                }
                if (!text.isEmpty() && text.charAt(0) != '#') {
                    found.add(text);
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read " + file + ": " + Check.reason(e), e);
        }
        return found;
    }
}
