package dev.carafe.engine.dockerfile;

/**
 * A here-document: {@code <<NAME} and the lines up to {@code NAME}.
 *
 * @param name the word that ends it; the file's name where COPY or ADD makes a file of it
 * @param descriptor the file descriptor before {@code <<}, 0 without one; only a shell uses it
 * @param expand whether variables are put into it, which quotes around the name prevent. COPY and
 *     ADD do it with {@link Words#expandText}; in RUN it is the shell's work, which finds the
 *     quotes in the command
 * @param chomp whether it was {@code <<-}: tabs at the begin of its lines are dropped, and they are
 *     gone from {@link #text} but not from the content
 * @param content the lines as they are written, each with its newline
 */
public record Heredoc(String name, int descriptor, boolean expand, boolean chomp, Word content) {
    /** The content, without leading tabs where it was {@code <<-}. */
    public String text() {
        return chomp ? withoutLeadingTabs(content.raw()) : content.raw();
    }

    static String withoutLeadingTabs(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean begin = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (begin && c == '\t') {
                continue;
            }
            out.append(c);
            begin = c == '\n';
        }
        return out.toString();
    }
}
