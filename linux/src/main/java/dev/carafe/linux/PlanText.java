package dev.carafe.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * Shows the steps of a {@link Plan}: each call with its arguments by name, its constants as the
 * manual pages write them, why it is there, and what happens when it fails.
 */
public final class PlanText {
    private final Arch arch;
    private final StringBuilder out;

    private PlanText(Arch arch, StringBuilder out) {
        this.arch = arch;
        this.out = out;
    }

    /**
     * Writes the steps for people, two or more lines each:
     *
     * <pre>
     * #4  a new root
     *     pivot_root(new_root=".", put_old=".")
     * </pre>
     *
     * @param arch the architecture that the plan is for: some constants differ
     */
    public static void text(Arch arch, List<Step> steps, StringBuilder out) {
        PlanText text = new PlanText(arch, out);
        for (Step step : steps) {
            text.step(step, steps.size());
        }
    }

    /**
     * Writes the steps as a JSON array of objects with the members step, why, call, number, args
     * and onError.
     */
    public static void json(Arch arch, List<Step> steps, StringBuilder out) {
        PlanText text = new PlanText(arch, out);
        out.append('[');
        for (Step step : steps) {
            out.append(step.index() == 0 ? "\n" : ",\n");
            text.stepAsJson(step);
        }
        out.append("\n]");
    }

    /** One call with its arguments, such as {@code close(fd=3)}; for a message about the step. */
    public static String call(Arch arch, Step step) {
        StringBuilder out = new StringBuilder();
        new PlanText(arch, out).call(step);
        return out.toString();
    }

    private void step(Step step, int count) {
        String number = "#" + step.index();
        String indent = " ".repeat(Math.max(6, number.length() + 2));
        out.append(number)
                .append(indent, number.length(), indent.length())
                .append(step.why())
                .append('\n');
        out.append(indent);
        call(step);
        out.append('\n');
        for (String note : notes(step, count)) {
            out.append(indent).append(note).append('\n');
        }
    }

    private static List<String> notes(Step step, int count) {
        int flags = step.flags();
        Label target = step.target();
        String where =
                target == null
                        ? ""
                        : target.address() != 0
                                ? "the plan that was received"
                                : target.index() >= count ? "the end" : "#" + target.index();
        List<String> notes = new ArrayList<>();
        if ((flags & Step.CLONE) != 0) {
            notes.add("the child goes to " + where);
        }
        if ((flags & Step.OK_JUMP) != 0) {
            notes.add("on success go to " + where);
        }
        if ((flags & Step.ERRNO_JUMP) != 0) {
            notes.add("on " + Errno.name(step.okErrno()) + " go to " + where);
        } else if (step.okErrno() != 0) {
            notes.add(Errno.name(step.okErrno()) + " is accepted");
        }
        if ((flags & Step.ERROR_JUMP) != 0) {
            notes.add("on error go to " + where);
        }
        if ((flags & Step.IGNORE) != 0) {
            notes.add("any error is accepted");
        }
        if ((flags & Step.ZERO_FAILS) != 0) {
            notes.add("a zero result is an error");
        }
        return notes;
    }

    private void call(Step step) {
        out.append(step.sys().call()).append('(');
        String[] names = names(step.sys());
        for (int i = 0; i < step.args().size(); i++) {
            String name = i < names.length ? names[i] : "arg" + (i + 1);
            out.append(i == 0 ? "" : ", ").append(bare(name)).append('=');
            value(step, name, step.args().get(i));
        }
        out.append(')');
    }

    private static String[] names(Sys sys) {
        return sys.signature().isEmpty() ? new String[0] : sys.signature().split(" ", -1);
    }

    private static String bare(String name) {
        int colon = name.indexOf(':');
        return colon < 0 ? name : name.substring(0, colon);
    }

    private void value(Step step, String name, Object arg) {
        switch (arg) {
            case Long l -> out.append(number(step, name, l));
            case String s -> quote(s);
            case Step s -> out.append("result of #").append(s.index());
            case Blob b -> blob(b);
            case Named n -> out.append(n.name());
            case Blob.Value v ->
                    out.append("value in ")
                            .append(v.blob().text())
                            .append(" at ")
                            .append(v.offset());
            case Plan.Word w -> out.append("value at 0x").append(Long.toHexString(w.address()));
            case Blob.Part p -> out.append(p.blob().text()).append(" + ").append(p.offset());
            default -> throw new IllegalStateException("not an argument: " + arg.getClass());
        }
    }

    private void blob(Blob blob) {
        List<Blob.Pointer> pointers = blob.pointers();
        boolean strings = !pointers.isEmpty() && blob.size() == 8 * (pointers.size() + 1);
        for (Blob.Pointer p : pointers) {
            strings &= p.target() instanceof String;
        }
        if (!strings) {
            out.append(blob.text());
            return;
        }
        out.append('[');
        for (int i = 0; i < pointers.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            quote((String) pointers.get(i).target());
        }
        out.append(']');
    }

    private String number(Step step, String name, long value) {
        String bare = bare(name);
        if (value == 0 && isPointer(step.sys(), bare)) {
            return "NULL";
        }
        return Constants.text(family(step, name, bare), value, arch);
    }

    private static String family(Step step, String name, String bare) {
        if (bare.length() < name.length()) {
            return name.substring(bare.length() + 1);
        }
        if (bare.endsWith("dirfd")) {
            return "dirfd";
        }
        if (step.sys() == Sys.PRCTL && step.args().getFirst() instanceof Long option) {
            // what the second argument is depends on the first
            return switch (bare + " " + option) {
                case "arg2 23", "arg2 24" -> "cap";
                case "arg3 47" -> step.args().get(1) instanceof Long op && op == 4 ? "" : "cap";
                case "arg2 47" -> "ambient";
                case "arg2 28" -> "securebits";
                default -> "";
            };
        }
        return "";
    }

    private static boolean isPointer(Sys sys, String name) {
        return switch (name) {
            case "path",
                    "oldpath",
                    "newpath",
                    "from_path",
                    "to_path",
                    "linkpath",
                    "source",
                    "fstype",
                    "data" ->
                    true;
            case "argv",
                    "envp",
                    "buf",
                    "stack",
                    "parent_tid",
                    "info",
                    "rusage",
                    "set",
                    "oldset",
                    "act" ->
                    true;
            case "oldact",
                    "new_limit",
                    "old_limit",
                    "times",
                    "key",
                    "value",
                    "sigmask",
                    "args",
                    "attr" ->
                    true;
            case "target" -> sys != Sys.SYMLINKAT;
            case "addr" -> true;
            case "timeout" -> sys == Sys.PPOLL || sys == Sys.RT_SIGTIMEDWAIT;
            case "list" -> true;
            default -> false;
        };
    }

    private void stepAsJson(Step step) {
        out.append("  {\"step\": ").append(step.index()).append(", \"why\": ");
        quote(step.why());
        out.append(", \"call\": ");
        quote(step.sys().call());
        out.append(", \"number\": ").append(step.sys().number(arch)).append(", \"args\": {");
        String[] names = names(step.sys());
        for (int i = 0; i < step.args().size(); i++) {
            String name = i < names.length ? names[i] : "arg" + (i + 1);
            out.append(i == 0 ? "" : ", ");
            quote(bare(name));
            out.append(": ");
            valueAsJson(step, name, step.args().get(i));
        }
        out.append('}');
        failureAsJson(step);
        out.append('}');
    }

    private void valueAsJson(Step step, String name, Object arg) {
        switch (arg) {
            case String s -> quote(s);
            case Step s -> out.append("{\"result\": ").append(s.index()).append('}');
            case Named n -> {
                out.append("{\"name\": ");
                quote(n.name());
                out.append('}');
            }
            case Long l -> {
                String text = number(step, name, l);
                if (text.equals("NULL")) {
                    out.append("null");
                } else if (text.equals(Long.toString(l))) {
                    out.append(text);
                } else {
                    out.append("{\"value\": ").append(l).append(", \"text\": ");
                    quote(text);
                    out.append('}');
                }
            }
            default -> {
                int start = out.length();
                value(step, name, arg);
                String text = out.substring(start);
                out.setLength(start);
                if (text.startsWith("[")) {
                    out.append(text);
                } else {
                    out.append("{\"memory\": ");
                    quote(text);
                    out.append('}');
                }
            }
        }
    }

    private void failureAsJson(Step step) {
        int flags = step.flags();
        if ((flags & Step.IGNORE) != 0) {
            out.append(", \"ignoreErrors\": true");
        }
        if (step.okErrno() != 0 && (flags & Step.ERRNO_JUMP) == 0) {
            out.append(", \"accept\": \"").append(Errno.name(step.okErrno())).append('"');
        }
        if ((flags & Step.ZERO_FAILS) != 0) {
            out.append(", \"zeroFails\": true");
        }
        Label target = step.target();
        if (target != null) {
            String on =
                    (flags & Step.CLONE) != 0
                            ? "child"
                            : (flags & Step.OK_JUMP) != 0
                                    ? "success"
                                    : (flags & Step.ERRNO_JUMP) != 0
                                            ? Errno.name(step.okErrno())
                                            : "error";
            out.append(", \"jump\": {\"on\": \"")
                    .append(on)
                    .append("\", \"to\": ")
                    .append(target.address() != 0 ? -1 : target.index())
                    .append('}');
        }
    }

    /** Writes a JSON string; the text form quotes in the same way. */
    private void quote(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < ' ' || c == 0x7f) {
                        out.append("\\u00")
                                .append(Character.forDigit(c >> 4, 16))
                                .append(Character.forDigit(c & 15, 16));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
