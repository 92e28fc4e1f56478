package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;

/** {@code carafe completion}: scripts for shells, made from the verbs' own tables. */
final class Completion {
    /** The names of images, for the body of a function in any of the shells. */
    private static final String NAMES =
            "    carafe images 2>/dev/null | awk 'NR > 1 && $1 != \"<none>\" { print $1 \":\" $2 }'\n";

    private Completion() {}

    static Verb verb() {
        return new Verb(
                "completion",
                "bash|zsh|fish",
                "Print a script that completes commands in a shell",
                "Prints a script that completes Carafe's commands, options and image names in a shell.",
                Given.options(),
                """
                source <(carafe completion bash)
                carafe completion bash > /etc/bash_completion.d/carafe
                carafe completion zsh > "${fpath[1]}/_carafe"
                carafe completion fish > ~/.config/fish/completions/carafe.fish
                """);
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, 1, console);
        if (given == null) {
            return 0;
        }
        String shell = given.arguments().getFirst();
        console.print(
                switch (shell) {
                    case "bash" -> bash();
                    case "zsh" -> zsh();
                    case "fish" -> fish();
                    default ->
                            throw new UsageException(
                                    "no completion for "
                                            + shell
                                            + "; it must be bash, zsh or fish");
                });
        return 0;
    }

    /** Verbs whose arguments are images. */
    private static boolean takesImages(Verb verb) {
        return switch (verb.name()) {
            case "run", "explain", "tag", "rmi", "inspect", "history", "save" -> true;
            default -> false;
        };
    }

    /** Options after {@code explain} are those of {@code run} too. */
    private static List<Option> options(Verb verb) {
        if (!verb.name().equals("explain")) {
            return verb.options();
        }
        List<Option> both = new ArrayList<>(verb.options());
        for (Option option : RunFlags.OPTIONS) {
            if (!option.name().equals("help")) {
                both.add(option);
            }
        }
        return both;
    }

    private static boolean shown(Option option) {
        return option.available() && !option.help().isEmpty();
    }

    private static String bash() {
        StringBuilder out =
                new StringBuilder(
                        "# bash completion of carafe\n_carafe_names() {\n"
                                + NAMES
                                + "}\n_carafe() {\n");
        out.append("    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=\n");
        out.append("    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
        for (Verb verb : Verb.all()) {
            out.append(verb.name()).append(' ');
        }
        out.append("--help --version'\n    else\n        case $verb/$cur in\n");
        for (Verb verb : Verb.all()) {
            out.append("            ").append(verb.name()).append("/-*) words='");
            for (Option option : options(verb)) {
                if (shown(option)) {
                    out.append("--").append(option.name()).append(' ');
                }
            }
            out.append("' ;;\n");
        }
        out.append(
                "            completion/*) words='bash zsh fish' ;;\n            image/*) words='"
                        + String.join(" ", Group.image().names())
                        + "' ;;\n            builder/*) words='"
                        + String.join(" ", Group.builder().names())
                        + "' ;;\n            manifest/*) words='"
                        + String.join(" ", Group.manifest().names())
                        + "' ;;\n            help/*) words='");
        for (Verb verb : Verb.all()) {
            out.append(verb.name()).append(' ');
        }
        out.append("' ;;\n            ");
        images(out);
        out.append(
                """
                ) words="host $(_carafe_names)" ;;
                        esac
                    fi
                    COMPREPLY=($(compgen -W "$words" -- "$cur"))
                    if [ "${#COMPREPLY[@]}" -eq 0 ]; then
                        compopt -o default
                    fi
                }
                complete -F _carafe carafe ./carafe
                """);
        return out.toString();
    }

    private static void images(StringBuilder out) {
        String separator = "";
        for (Verb verb : Verb.all()) {
            if (takesImages(verb)) {
                out.append(separator).append(verb.name()).append("/*");
                separator = "|";
            }
        }
    }

    private static String zsh() {
        StringBuilder out =
                new StringBuilder(
                        "#compdef carafe\n_carafe_names() {\n"
                                + NAMES
                                + "}\n_carafe() {\n    local -a verbs\n");
        out.append("    if (( CURRENT == 2 )); then\n        verbs=(\n");
        for (Verb verb : Verb.all()) {
            out.append("            ")
                    .append(single(verb.name() + ":" + verb.summary()))
                    .append('\n');
        }
        out.append(
                "        )\n        _describe command verbs\n        return\n    fi\n    case $words[2] in\n");
        for (Verb verb : Verb.all()) {
            out.append("        ").append(verb.name()).append(") _arguments");
            for (Option option : options(verb)) {
                if (shown(option)) {
                    out.append(" \\\n            ").append(single(zshOption(option)));
                }
            }
            if (verb.name().equals("completion")) {
                out.append(" \\\n            '*:shell:(bash zsh fish)'");
            } else if (takesImages(verb)) {
                out.append(" \\\n            '*: :_carafe_images'");
            } else {
                out.append(" \\\n            '*:file:_files'");
            }
            out.append(" ;;\n");
        }
        return out.append(
                        """
                            esac
                        }
                        _carafe_images() {
                            compadd -- host ${(f)"$(_carafe_names)"} || _files
                        }
                        if [ "$funcstack[1]" = _carafe ]; then _carafe "$@"; else compdef _carafe carafe; fi
                        """)
                .toString();
    }

    private static String zshOption(Option option) {
        String help = option.help().replace("[", "\\[").replace("]", "\\]").replace(":", "\\:");
        String value = option.value();
        return "*--"
                + option.name()
                + (value == null ? "[" : "=[")
                + help
                + "]"
                + (value == null ? "" : ":value:_files");
    }

    private static String fish() {
        StringBuilder out =
                new StringBuilder(
                        "# fish completion of carafe\nfunction __carafe_names\n" + NAMES + "end\n");
        for (Verb verb : Verb.all()) {
            out.append("complete -c carafe -f -n __fish_use_subcommand -a ")
                    .append(verb.name())
                    .append(" -d ");
            out.append(single(verb.summary())).append('\n');
        }
        for (Verb verb : Verb.all()) {
            for (Option option : options(verb)) {
                if (!shown(option)) {
                    continue;
                }
                out.append("complete -c carafe -n '__fish_seen_subcommand_from ")
                        .append(verb.name())
                        .append("' -l ")
                        .append(option.name());
                if (option.letter() != 0) {
                    out.append(" -s ").append(option.letter());
                }
                out.append(option.value() == null ? "" : " -r")
                        .append(" -d ")
                        .append(single(option.help()))
                        .append('\n');
            }
            if (takesImages(verb)) {
                out.append("complete -c carafe -n '__fish_seen_subcommand_from ")
                        .append(verb.name());
                out.append("' -a \"host (__carafe_names)\"\n");
            }
        }
        out.append(
                "complete -c carafe -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
        return out.toString();
    }

    /** A word in single quotes, as all three shells read it. */
    private static String single(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
