package dev.carafe.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Verbs under a noun, as Docker has them too: {@code carafe image ls} is {@code carafe images}. */
final class Group {
    private final String name;
    private final String summary;
    private final List<Member> members;

    /** A verb's name in the group, and its name outside. */
    private record Member(String name, String verb) {}

    private Group(String name, String summary, String... pairs) {
        this.name = name;
        this.summary = summary;
        List<Member> all = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2) {
            all.add(new Member(pairs[i], pairs[i + 1]));
        }
        this.members = all;
    }

    /** {@code carafe builder}. */
    static Group builder() {
        return new Group("builder", "Manage builds", "build", "build", "prune", "builder prune");
    }

    /** {@code carafe image}. */
    static Group image() {
        return new Group(
                "image",
                "Manage images",
                "history",
                "history",
                "import",
                "import",
                "inspect",
                "inspect",
                "load",
                "load",
                "ls",
                "images",
                "list",
                "images",
                "prune",
                "image prune",
                "pull",
                "pull",
                "push",
                "push",
                "rm",
                "rmi",
                "remove",
                "rmi",
                "save",
                "save",
                "tag",
                "tag");
    }

    /** {@code carafe manifest}. */
    static Group manifest() {
        return new Group(
                "manifest", "Look at manifests in registries", "inspect", "manifest inspect");
    }

    /** As help and completion tell of it. */
    Verb verb() {
        StringBuilder text = new StringBuilder(summary).append(".\n\nCommands:");
        for (Member member : members) {
            text.append("\n  ").append(member.name);
            text.append(" ".repeat(Math.max(1, 12 - member.name.length())));
            text.append("carafe ").append(member.verb);
        }
        return new Verb(
                name,
                "COMMAND",
                summary,
                text.toString(),
                List.of(),
                "carafe " + name + " " + members.get(0).name + " --help\n");
    }

    /** The names of its verbs. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        for (Member member : members) {
            names.add(member.name);
        }
        return names;
    }

    /** Runs the verb that the second word names. */
    int run(String[] args, Console console) throws UsageException, IOException {
        String word = args.length < 2 ? "--help" : args[1];
        if (word.equals("--help") || word.equals("-h")) {
            console.print(verb().help());
            return 0;
        }
        String verb = find(word);
        if (verb == null) {
            throw new UsageException("'" + word + "' is not a command of carafe " + name + ".");
        }
        String[] rest = new String[args.length - 1];
        System.arraycopy(args, 1, rest, 0, rest.length);
        rest[0] = verb;
        return Main.dispatch(verb, rest, console);
    }

    private @Nullable String find(String word) {
        for (Member member : members) {
            if (member.name.equals(word)) {
                return member.verb;
            }
        }
        return null;
    }
}
