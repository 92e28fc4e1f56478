package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.OwnIds;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** The entry point: finds the verb and turns what goes wrong into one line and an exit code. */
public final class Main {
    /** The exit code when Carafe itself, not the program in the container, failed. */
    static final int FAILED = 125;

    private Main() {}

    public static void main(String[] args) {
        // not exit, which sets up logging to tell of itself; nothing is buffered, and there are no
        // hooks
        Runtime.getRuntime().halt(run(args, Console.standard()));
    }

    static int run(String[] args, Console console) {
        String verb = args.length == 0 ? "help" : args[0];
        try {
            return dispatch(verb, args, console);
        } catch (UsageException e) {
            if (String.valueOf(e.getMessage()).isEmpty()) {
                return FAILED; // told already, by another process
            }
            console.error(
                    e.getMessage()
                            + "\nSee 'carafe "
                            + (verb.startsWith("-") ? "" : verb + " ")
                            + "--help'.");
            return FAILED;
        } catch (EngineException e) {
            console.error(String.valueOf(e.getMessage()));
            return code(verb, e.code());
        } catch (IOException e) {
            console.error(reason(e));
            return 1;
        } catch (RuntimeException e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            console.error("internal error, please report it: " + trace);
            return FAILED;
        }
    }

    /** As docker's: run tells its own failures from its program's; exec only those of a start. */
    private static int code(String verb, EngineException.Code code) {
        boolean missing = code == EngineException.Code.INVALID;
        return verb.equals("run") || verb.equals("exec") && !missing ? code.exitCode() : 1;
    }

    /** One line that names the file. */
    private static String reason(IOException e) {
        if (e instanceof FileSystemException f) {
            String why = f.getReason();
            if (f instanceof NoSuchFileException) {
                why = "no such file or directory";
            } else if (f instanceof AccessDeniedException) {
                why = "permission denied";
            }
            return f.getFile() + ": " + (why == null ? f.getClass().getSimpleName() : why);
        }
        return String.valueOf(e.getMessage());
    }

    /** Whether a verb writes or removes files that belong to other ids than the user's own. */
    private static boolean writesLayers(String verb) {
        return switch (verb) {
            case "build", "import", "load", "pull", "rmi", "image prune" -> true;
            default -> false;
        };
    }

    static int dispatch(String verb, String[] args, Console console)
            throws UsageException, IOException {
        if (writesLayers(verb)) {
            List<String> again = new ArrayList<>(List.of(verb.split(" ", -1)));
            again.addAll(List.of(args).subList(1, args.length));
            OptionalInt status = OwnIds.run(Main.class.getName(), again, verb.equals("build"));
            if (status.isPresent()) {
                return status.getAsInt();
            }
        }
        return switch (verb) {
            case "run" -> Run.run(args, console);
            case "exec" -> Exec.run(args, console);
            case "kill" -> Kill.run(args, console);
            case "stop" -> Stop.run(args, console);
            case "pause" -> Pause.run(args, console);
            case "unpause" -> Unpause.run(args, console);
            case "wait" -> Wait.run(args, console);
            case "explain" -> Explain.run(args, console);
            case "pull" -> Pull.run(args, console);
            case PullFirst.VERB -> PullFirst.run(args, console);
            case RootFirst.VERB -> RootFirst.run(args);
            case "push" -> Push.run(args, console);
            case "manifest" -> Group.manifest().run(args, console);
            case "manifest inspect" -> ManifestInspect.run(args, console);
            case "build" -> Build.run(args, console);
            case "load" -> Load.run(args, console);
            case "save" -> Save.run(args, console);
            case "import" -> Import.run(args, console);
            case "images" -> Images.run(args, console);
            case "builder" -> Group.builder().run(args, console);
            case "builder prune" -> BuilderPrune.run(args, console);
            case "image" -> Group.image().run(args, console);
            case "image prune" -> ImagePrune.run(args, console);
            case "history" -> History.run(args, console);
            case "tag" -> Tag.run(args, console);
            case "rmi" -> Rmi.run(args, console);
            case "login" -> Login.run(args, console);
            case "logout" -> Logout.run(args, console);
            case "search" -> Search.run(args, console);
            case "ps" -> Ps.run(args, console);
            case "rm" -> Rm.run(args, console);
            case "inspect" -> Inspect.run(args, console);
            case "info" -> Info.run(args, console);
            case "completion" -> Completion.run(args, console);
            case "version", "--version", "-v" -> Version.run(args, console);
            case "help", "--help", "-h" -> Help.run(args, console);
            default -> {
                console.error("'" + verb + "' is not a carafe command.\nSee 'carafe --help'.");
                yield FAILED;
            }
        };
    }
}
