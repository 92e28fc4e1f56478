package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A {@code --mount} as it is written: {@code key=value} fields parted by commas. Its values may
 * have variables, except for the stage or image that it needs, which a build must know before it
 * starts.
 */
public final class MountFlag {
    /** Larger than any disk: 2^60 bytes. */
    private static final long MAX_SIZE = 1L << 60;

    private static final List<String> TYPES = List.of("bind", "cache", "tmpfs", "secret", "ssh");

    private static final List<String> KEYS =
            List.of(
                    "type",
                    "from",
                    "source",
                    "target",
                    "readonly",
                    "readwrite",
                    "id",
                    "sharing",
                    "required",
                    "size",
                    "mode",
                    "uid",
                    "gid",
                    "env");

    /** One field: the key by its long name, the value null where there is no {@code =}. */
    private record Field(String key, @Nullable String value) {}

    private final Word word;
    private final List<Field> fields;

    private MountFlag(Word word, List<Field> fields) {
        this.word = word;
        this.fields = fields;
    }

    /** Reads a flag's value; without variables in it, every mistake is found now. */
    static MountFlag parse(Word word) throws DockerfileException {
        MountFlag flag = new MountFlag(word, fields(word));
        String from = flag.from();
        if (from != null && from.contains("$")) {
            throw word.error(
                    "from can't have a variable; name a stage with FROM ... AS and use its name");
        }
        if (word.raw().indexOf('$') < 0) {
            flag.mount(Variables.NONE);
        }
        return flag;
    }

    /** The flag's value as it is written. */
    public String text() {
        return word.raw();
    }

    /** The stage's name or number, or the image, that it mounts from; null for none. */
    public @Nullable String from() {
        return raw("from");
    }

    /**
     * The mount, with the variables put in.
     *
     * @throws DockerfileException for a value or a combination that there is not
     */
    public Mount mount(Variables variables) throws DockerfileException {
        return new Options(variables).mount();
    }

    private @Nullable String raw(String key) {
        String value = null;
        for (Field field : fields) {
            value = field.key.equals(key) ? field.value : value;
        }
        return value;
    }

    private static List<Field> fields(Word word) throws DockerfileException {
        List<Field> fields = new ArrayList<>();
        for (String text : split(word)) {
            int equals = text.indexOf('=');
            String key = (equals < 0 ? text : text.substring(0, equals)).toLowerCase(Locale.ROOT);
            String name = longName(key);
            if (!KEYS.contains(name)) {
                throw word.error(
                        "--mount has no option "
                                + DockerfileException.quote(key)
                                + Suggestion.of(key, KEYS));
            }
            boolean flag = Set.of("readonly", "readwrite", "required").contains(name);
            if (equals < 0 && !flag) {
                throw word.error("--mount needs a value: " + key + "=...");
            }
            fields.add(new Field(name, equals < 0 ? null : text.substring(equals + 1)));
        }
        return List.copyOf(fields);
    }

    private static String longName(String key) {
        return switch (key) {
            case "src" -> "source";
            case "dst", "destination" -> "target";
            case "ro" -> "readonly";
            case "rw" -> "readwrite";
            default -> key;
        };
    }

    /** One record of RFC 4180: a field in double quotes may have commas, and two quotes for one. */
    private static List<String> split(Word word) throws DockerfileException {
        String text = word.raw();
        List<String> out = new ArrayList<>();
        int at = 0;
        while (at <= text.length()) {
            StringBuilder field = new StringBuilder();
            if (at < text.length() && text.charAt(at) == '"') {
                at = quoted(word, at + 1, field);
            } else {
                int comma = text.indexOf(',', at);
                int end = comma < 0 ? text.length() : comma;
                field.append(text, at, end);
                at = end;
            }
            out.add(field.toString());
            at++;
        }
        return out;
    }

    private static int quoted(Word word, int from, StringBuilder field) throws DockerfileException {
        String text = word.raw();
        int at = from;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '"') {
                field.append(c);
            } else if (at < text.length() && text.charAt(at) == '"') {
                field.append(text.charAt(at++));
            } else if (at == text.length() || text.charAt(at) == ',') {
                return at;
            } else {
                throw word.error("--mount has text behind a quoted field");
            }
        }
        throw word.error("--mount has a quote without an end");
    }

    @Override
    public String toString() {
        return text();
    }

    /** The fields on their way to a mount. */
    private final class Options {
        private final Variables variables;
        private final Set<String> seen = new HashSet<>();

        Options(Variables variables) {
            this.variables = variables;
        }

        Mount mount() throws DockerfileException {
            String type = value("type");
            type = type == null ? "bind" : type.toLowerCase(Locale.ROOT);
            Mount mount =
                    switch (type) {
                        case "bind" -> bind();
                        case "cache" -> cache();
                        case "tmpfs" -> tmpfs();
                        case "secret" -> secret();
                        case "ssh" -> ssh();
                        default ->
                                throw word.error(
                                        "there is no mount type "
                                                + DockerfileException.quote(type)
                                                + Suggestion.of(type, TYPES));
                    };
            for (Field field : fields) {
                if (!seen.contains(field.key)) {
                    throw word.error("a mount of type " + type + " has no option " + field.key);
                }
            }
            return mount;
        }

        private Mount bind() throws DockerfileException {
            return new Mount.Bind(target("bind"), value("from"), source(), readOnly(true));
        }

        private Mount cache() throws DockerfileException {
            String target = target("cache");
            String id = value("id");
            return new Mount.Cache(
                    target,
                    id == null || id.isEmpty() ? target : id,
                    sharing(),
                    value("from"),
                    source(),
                    readOnly(false),
                    owner(0755));
        }

        private Mount tmpfs() throws DockerfileException {
            String size = value("size");
            return new Mount.Tmpfs(
                    target("tmpfs"), size == null ? 0 : bytes(size), readOnly(false));
        }

        private Mount secret() throws DockerfileException {
            String source = value("source");
            String id = value("id");
            if (source != null && id != null) {
                throw word.error("a secret has an id or a source, not both");
            }
            id = id == null ? source : id;
            String target = value("target");
            if (id == null || id.isEmpty()) {
                if (target == null) {
                    throw word.error("a secret needs an id");
                }
                id = baseName(target);
            }
            String env = value("env");
            if (env == null && target == null) {
                target = "/run/secrets/" + baseName(id);
            }
            readOnly(true);
            return new Mount.Secret(id, target, env, flag("required", false), owner(0400));
        }

        private Mount ssh() throws DockerfileException {
            String id = value("id");
            String target = value("target");
            readOnly(true);
            return new Mount.Ssh(
                    id == null || id.isEmpty() ? "default" : id,
                    target == null || target.isEmpty() ? null : target,
                    flag("required", false),
                    owner(0600));
        }

        private @Nullable String value(String key) throws DockerfileException {
            seen.add(key);
            String raw = raw(key);
            return raw == null || key.equals("from")
                    ? raw
                    : Words.expand(new Word(raw, word.line(), word.offset(), false), variables);
        }

        private String target(String type) throws DockerfileException {
            String target = value("target");
            if (target == null || target.isEmpty()) {
                throw word.error("a mount of type " + type + " needs a target");
            }
            return target;
        }

        private String source() throws DockerfileException {
            String source = value("source");
            return source == null || source.isEmpty() ? "/" : source;
        }

        private boolean readOnly(boolean usual) throws DockerfileException {
            seen.add("readonly");
            seen.add("readwrite");
            Predicate<Field> either = f -> f.key.equals("readonly") || f.key.equals("readwrite");
            Field last = fields.stream().filter(either).reduce((a, b) -> b).orElse(null);
            return last == null ? usual : flag(last.key, false) == last.key.equals("readonly");
        }

        private boolean flag(String key, boolean usual) throws DockerfileException {
            boolean said = fields.stream().anyMatch(f -> f.key.equals(key));
            String value = value(key);
            if (value == null) {
                return said || usual;
            }
            return switch (value) {
                case "1", "t", "T", "true", "TRUE", "True" -> true;
                case "0", "f", "F", "false", "FALSE", "False" -> false;
                default -> throw wrong(key, value, "true or false");
            };
        }

        private Mount.Sharing sharing() throws DockerfileException {
            String value = value("sharing");
            return switch (value == null ? "shared" : value.toLowerCase(Locale.ROOT)) {
                case "shared" -> Mount.Sharing.SHARED;
                case "private" -> Mount.Sharing.PRIVATE;
                case "locked" -> Mount.Sharing.LOCKED;
                default -> throw wrong("sharing", value, "shared, private or locked");
            };
        }

        private Mount.Owner owner(int usualMode) throws DockerfileException {
            String mode = value("mode");
            String uid = value("uid");
            String gid = value("gid");
            return new Mount.Owner(
                    mode == null ? usualMode : (int) number("mode", mode, 8, 07777),
                    uid == null ? 0 : number("uid", uid, 10, 0xffff_fffeL),
                    gid == null ? 0 : number("gid", gid, 10, 0xffff_fffeL),
                    mode != null || uid != null || gid != null);
        }

        private long number(String key, String value, int radix, long max)
                throws DockerfileException {
            String range = radix == 8 ? "an octal number up to 7777" : "a number up to " + max;
            try {
                long number = value.startsWith("+") ? -1 : Long.parseLong(value, radix);
                if (number >= 0 && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // told below
            }
            throw wrong(key, value, range);
        }

        private long bytes(String value) throws DockerfileException {
            long size = Sizes.bytes(value, MAX_SIZE);
            if (size < 0) {
                throw wrong("size", value, "bytes, or a number with k, m, g or t");
            }
            return size;
        }

        private DockerfileException wrong(String key, @Nullable String value, String right) {
            return word.error(
                    "--mount's "
                            + key
                            + " is "
                            + DockerfileException.quote(value == null ? "" : value)
                            + ", which is not "
                            + right);
        }
    }

    private static String baseName(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(path.lastIndexOf('/', end - 1) + 1, end);
    }
}
