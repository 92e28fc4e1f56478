package dev.carafe.cli;

import java.util.List;

/**
 * A verb, as help and completion tell of it.
 *
 * @param usage what follows its name
 * @param summary one line
 * @param text what its own help says under the usage
 * @param options its options
 * @param examples command lines, one a line
 */
record Verb(
        String name,
        String usage,
        String summary,
        String text,
        List<Option> options,
        String examples) {
    /** All of them, in the order of the help. */
    static List<Verb> all() {
        return List.of(
                Run.verb(),
                Exec.verb(),
                Explain.verb(),
                Build.verb(),
                Group.image().verb(),
                Images.verb(),
                History.verb(),
                Pull.verb(),
                Push.verb(),
                Group.manifest().verb(),
                Load.verb(),
                Save.verb(),
                Import.verb(),
                Tag.verb(),
                Rmi.verb(),
                Login.verb(),
                Logout.verb(),
                Search.verb(),
                Ps.verb(),
                Stop.verb(),
                Kill.verb(),
                Pause.verb(),
                Unpause.verb(),
                Wait.verb(),
                Rm.verb(),
                Inspect.verb(),
                Info.verb(),
                Version.verb(),
                Completion.verb(),
                Help.verb());
    }

    /** What {@code --help} prints. */
    String help() {
        return Help.text(this);
    }
}
