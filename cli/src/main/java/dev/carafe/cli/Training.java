package dev.carafe.cli;

import java.util.List;

/**
 * The run that the launcher's AOT cache is made from: the commands whose cold start matters, one
 * after the other. More of them would make every start slower, because a start loads all that the
 * cache holds.
 */
final class Training {
    private Training() {}

    /** Exits with the status of the container run, the last of them. */
    public static void main(String[] args) {
        Console console = Console.standard();
        int status = 0;
        // the second container's start reads the record that the first has left
        for (String line : List.of("--version", "--help", "run host true", "run --rm host true")) {
            status = Main.run(line.split(" ", -1), console);
        }
        Runtime.getRuntime().halt(status);
    }
}
