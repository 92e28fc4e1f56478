package dev.carafe.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One mount as {@code /proc/PID/mountinfo} tells it (proc_pid_mountinfo(5)), with octal escapes
 * resolved.
 *
 * @param id the mount's id
 * @param parent the id of the mount that this one lies on
 * @param device {@code major:minor} of the files in it
 * @param root the directory of the file system that is mounted
 * @param mountPoint where, seen from the process's root
 * @param options of this mount: {@code rw}, {@code nosuid}, ...
 * @param propagation {@code shared:N}, {@code master:N}, ...: the optional fields
 * @param fstype such as {@code ext4}, or {@code fuse.sshfs} with a subtype
 * @param source the file system's own word for where it comes from
 * @param superOptions of the file system, shared by all mounts of it
 */
public record MountInfo(
        int id,
        int parent,
        String device,
        String root,
        String mountPoint,
        List<String> options,
        List<String> propagation,
        String fstype,
        String source,
        List<String> superOptions) {

    public MountInfo {
        options = List.copyOf(options);
        propagation = List.copyOf(propagation);
        superOptions = List.copyOf(superOptions);
    }

    /** The mounts that this process sees, in the order in which they were made. */
    public static List<MountInfo> read() throws IOException {
        return read(Path.of("/proc/self/mountinfo"));
    }

    /** The mounts in a file such as {@code /proc/123/mountinfo}. */
    public static List<MountInfo> read(Path file) throws IOException {
        // a path may hold bytes that are no UTF-8: they must not fail the reading
        return parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    /**
     * The mounts in the text of such a file.
     *
     * @throws IOException at a line of another form
     */
    public static List<MountInfo> parse(String text) throws IOException {
        List<MountInfo> mounts = new ArrayList<>();
        int from = 0;
        while (from < text.length()) {
            int end = text.indexOf('\n', from);
            if (end < 0) {
                end = text.length();
            }
            if (end > from) {
                mounts.add(line(text.substring(from, end)));
            }
            from = end + 1;
        }
        return mounts;
    }

    private static MountInfo line(String line) throws IOException {
        // a source may be empty, so two spaces in a row do not make one
        List<String> fields = split(line, ' ');
        int dash = fields.indexOf("-");
        if (dash < 6 || fields.size() < dash + 4) {
            throw new IOException("not a line of mountinfo: " + line);
        }
        try {
            return new MountInfo(
                    Integer.parseInt(fields.get(0)),
                    Integer.parseInt(fields.get(1)),
                    fields.get(2),
                    unescape(fields.get(3)),
                    unescape(fields.get(4)),
                    split(fields.get(5), ','),
                    fields.subList(6, dash),
                    unescape(fields.get(dash + 1)),
                    unescape(fields.get(dash + 2)),
                    split(unescape(fields.get(dash + 3)), ','));
        } catch (NumberFormatException e) {
            throw new IOException("not a line of mountinfo: " + line, e);
        }
    }

    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + 1;
        }
        parts.add(text.substring(from));
        return parts;
    }

    /**
     * Resolves {@code \040} and its like: the kernel escapes space, tab, newline, backslash and
     * {@code #}.
     */
    static String unescape(String text) {
        int at = text.indexOf('\\');
        if (at < 0) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length()).append(text, 0, at);
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\\' && isOctal(text, at + 1)) {
                plain.append((char) Integer.parseInt(text.substring(at + 1, at + 4), 8));
                at += 4;
            } else {
                plain.append(c);
                at++;
            }
        }
        return plain.toString();
    }

    private static boolean isOctal(String text, int at) {
        if (at + 3 > text.length() || text.charAt(at) > '1') {
            return false; // only ASCII is escaped
        }
        for (int i = at; i < at + 3; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '7') {
                return false;
            }
        }
        return true;
    }
}
