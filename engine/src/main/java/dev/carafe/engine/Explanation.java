package dev.carafe.engine;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanText;
import dev.carafe.oci.json.JsonObject;
import java.util.List;

/**
 * What a start would do, in sections.
 *
 * @param sections in the order of what happens
 */
public record Explanation(List<Section> sections) {
    /** One list: system calls, or words of a command line or of paths. */
    public sealed interface Section {
        /** A short name, the key in JSON. */
        String name();

        /** What it is, for people. */
        String title();

        /** Appends it for people. */
        void text(StringBuilder out);

        /** Appends it as a JSON array. */
        void json(StringBuilder out);
    }

    /**
     * System calls.
     *
     * @param arch that of the kernel that gets them
     */
    public record Calls(String name, String title, Arch arch, Plan plan) implements Section {
        @Override
        public void text(StringBuilder out) {
            PlanText.text(arch, plan.steps(), out);
        }

        @Override
        public void json(StringBuilder out) {
            PlanText.json(arch, plan.steps(), out);
        }
    }

    /** Words that belong together, and why they are there. */
    public record Part(String why, List<String> words) {}

    /** Words with their reasons. */
    public record Words(String name, String title, List<Part> parts) implements Section {
        private static final int COLUMN = 60;

        @Override
        public void text(StringBuilder out) {
            for (Part part : parts) {
                String words = String.join(" ", part.words());
                out.append(words);
                out.append(words.length() < COLUMN ? " ".repeat(COLUMN - words.length()) : "  ");
                out.append("# ").append(part.why()).append('\n');
            }
        }

        @Override
        public void json(StringBuilder out) {
            String before = "[\n";
            for (Part part : parts) {
                out.append(before).append("  ");
                out.append(
                        JsonObject.builder()
                                .putStrings("words", part.words())
                                .put("why", part.why())
                                .build());
                before = ",\n";
            }
            out.append(parts.isEmpty() ? "[]" : "\n]");
        }
    }

    public Explanation {
        sections = List.copyOf(sections);
    }

    /** Everything for people: each section under its title, each line with why it is there. */
    public String text() {
        StringBuilder out = new StringBuilder();
        for (Section section : sections) {
            out.append(out.isEmpty() ? "" : "\n").append(section.title()).append(":\n\n");
            section.text(out);
        }
        return out.toString();
    }

    /** The same as a JSON object with an array for each section, by its name. */
    public String json() {
        StringBuilder out = new StringBuilder();
        for (Section section : sections) {
            out.append(out.isEmpty() ? "{\"" : ",\n\"").append(section.name()).append("\": ");
            section.json(out);
        }
        return out.append("}\n").toString();
    }
}
