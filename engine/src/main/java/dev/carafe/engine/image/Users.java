package dev.carafe.engine.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The users and groups of an image's /etc/passwd and /etc/group, which are hostile input. */
final class Users {
    private static final int MAX_GROUPS = 65536;

    private final byte[] passwd;
    private final byte[] group;

    Users(byte[] passwd, byte[] group) {
        this.passwd = passwd;
        this.group = group;
    }

    /** Finds {@code user[:group]}, each a name or a number; an empty user is 0. */
    ImageUser find(String spec) throws ImageException {
        int colon = spec.indexOf(':');
        String user = colon < 0 ? spec : spec.substring(0, colon);
        String asked = colon < 0 ? "" : spec.substring(colon + 1);
        if (user.isEmpty()) {
            user = "0";
        }
        String[] line = line(passwd, 7, user);
        int uid;
        int gid = 0;
        String name = "";
        String home = "/";
        if (line == null) {
            uid = number("user", user, "passwd");
        } else {
            name = line[0];
            uid = number("user", line[2], "passwd");
            gid = number("group", line[3], "passwd");
            home = line[5].isEmpty() ? "/" : line[5];
        }
        if (!asked.isEmpty()) {
            String[] found = line(group, 3, asked);
            gid = number("group", found == null ? asked : found[2], "group");
            return new ImageUser(uid, gid, List.of(), home);
        }
        return new ImageUser(uid, gid, name.isEmpty() ? List.of() : groupsOf(name), home);
    }

    /** The first line whose name is {@code key}, else whose number is. */
    private static String @Nullable [] line(byte[] file, int fields, String key) {
        String[] byNumber = null;
        long number = Numbers.decimal(key);
        Lines lines = new Lines(file);
        while (lines.next()) {
            String[] line = lines.fields(fields);
            if (line.length < fields) {
                continue;
            }
            if (line[0].equals(key)) {
                return line;
            }
            if (byNumber == null && number >= 0 && Numbers.decimal(line[2]) == number) {
                byNumber = line;
            }
        }
        return byNumber;
    }

    private List<Integer> groupsOf(String user) throws ImageException {
        List<Integer> gids = new ArrayList<>();
        Lines lines = new Lines(group);
        while (lines.next()) {
            String[] line = lines.fields(4);
            if (line.length < 4 || !lists(line[3], user)) {
                continue;
            }
            int gid = number("group", line[2], "group");
            if (!gids.contains(gid)) {
                gids.add(gid);
            }
            if (gids.size() > MAX_GROUPS) {
                throw new ImageException(
                        "user "
                                + user
                                + " is in more than "
                                + MAX_GROUPS
                                + " groups of /etc/group");
            }
        }
        return gids;
    }

    private static boolean lists(String members, String user) {
        int at = 0;
        while (at <= members.length()) {
            int comma = members.indexOf(',', at);
            int end = comma < 0 ? members.length() : comma;
            if (end - at == user.length() && members.startsWith(user, at)) {
                return true;
            }
            at = end + 1;
        }
        return false;
    }

    private static int number(String kind, String text, String file) throws ImageException {
        long number = Numbers.decimal(text);
        if (number == Numbers.BAD && !digits(text)) {
            throw new ImageException(
                    "unable to find "
                            + kind
                            + " "
                            + text
                            + ": no matching entries in "
                            + file
                            + " file");
        }
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new ImageException(
                    kind + " " + text + " is out of range: numbers go from 0 to 2147483647");
        }
        return (int) number;
    }

    private static boolean digits(String text) {
        int from = text.startsWith("-") ? 1 : 0;
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return text.length() > from;
    }

    /**
     * Walks a file line by line without regular expressions, which a cold start has no time for.
     */
    private static final class Lines {
        private final byte[] file;
        private int from;
        private int end = -1;

        Lines(byte[] file) {
            this.file = file;
        }

        boolean next() {
            from = end + 1;
            if (from >= file.length) {
                return false;
            }
            end = from;
            while (end < file.length && file[end] != '\n') {
                end++;
            }
            return true;
        }

        /** The line's first fields, at most {@code limit}; fewer when it has fewer. */
        String[] fields(int limit) {
            List<String> fields = new ArrayList<>(limit);
            int at = from;
            for (int i = from; i <= end && fields.size() < limit; i++) {
                if (i == end || file[i] == ':') {
                    fields.add(new String(file, at, i - at, StandardCharsets.UTF_8));
                    at = i + 1;
                }
            }
            return fields.toArray(new String[0]);
        }
    }
}
