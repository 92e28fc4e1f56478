package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The entries of index.json: one for each name of each image, and one without a name for an image
 * that has lost its last.
 */
final class Names {
    private final List<Descriptor> entries;

    Names(List<Descriptor> entries) {
        this.entries = new ArrayList<>(entries);
    }

    List<Descriptor> entries() {
        return entries;
    }

    static String id(Descriptor entry) {
        return entry.annotations().getOrDefault(Layout.ID, "");
    }

    static @Nullable String name(Descriptor entry) {
        return entry.annotations().get(Layout.NAME);
    }

    /** The index by which the name led to its image. */
    static @Nullable Digest index(Descriptor entry) throws ImageException {
        String text = entry.annotations().get(Layout.INDEX);
        try {
            return text == null ? null : Digest.parse(text);
        } catch (OciException e) {
            throw new ImageException("index.json: " + e.getMessage(), e);
        }
    }

    List<String> of(String id) {
        List<String> names = new ArrayList<>();
        for (Descriptor entry : entries) {
            String name = name(entry);
            if (name != null && id(entry).equals(id)) {
                names.add(name);
            }
        }
        return names;
    }

    /**
     * The entry that a user's word means, as Docker finds it: a name, a digest, an id or its
     * beginning.
     */
    Descriptor find(String word) throws ImageException {
        Descriptor named = byName(word);
        if (named != null) {
            return named;
        }
        Descriptor found = byDigest(word);
        if (found == null) {
            throw new ImageException("no such image: " + TarEntry.shown(word));
        }
        return found;
    }

    boolean has(String word) throws ImageException {
        return byName(word) != null || byDigest(word) != null;
    }

    private @Nullable Descriptor byName(String word) throws ImageException {
        ImageReference reference;
        try {
            reference = ImageReference.parse(word);
        } catch (OciException e) {
            return null;
        }
        Digest digest = reference.digest();
        String full = digest == null ? reference.toString() : reference.name();
        for (Descriptor entry : entries) {
            String name = name(entry);
            if (name == null) {
                continue;
            }
            if (digest == null
                    ? name.equals(full)
                    : isOf(name, full)
                            && (entry.digest().equals(digest) || digest.equals(index(entry)))) {
                return entry;
            }
        }
        return null;
    }

    private static boolean isOf(String name, String repository) {
        return name.startsWith(repository)
                && name.length() > repository.length()
                && (name.charAt(repository.length()) == ':'
                        || name.charAt(repository.length()) == '@');
    }

    private @Nullable Descriptor byDigest(String word) throws ImageException {
        String hex = word.startsWith("sha256:") ? word.substring(7) : word;
        if (hex.isEmpty() || hex.length() > 64 || !isHex(hex)) {
            return null;
        }
        Descriptor found = null;
        for (Descriptor entry : entries) {
            if (id(entry).startsWith(hex, 7)
                    || hex.length() == 64 && entry.digest().hex().equals(hex)) {
                if (found != null && !id(found).equals(id(entry))) {
                    throw new ImageException(
                            "image id " + word + " is the beginning of more than one");
                }
                found = entry;
            }
        }
        return found;
    }

    private static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    /** Adds an image, with no names yet; false when it is there, perhaps by another manifest. */
    boolean add(Descriptor manifest, String id) {
        for (Descriptor entry : entries) {
            if (id(entry).equals(id)) {
                return false;
            }
        }
        entries.add(annotate(manifest, id, null, null));
        return true;
    }

    /** Gives an image a name, which whatever had it loses. */
    void name(String id, String name) {
        untag(name);
        for (int i = 0; i < entries.size(); i++) {
            Descriptor entry = entries.get(i);
            if (id(entry).equals(id)) {
                Descriptor named = annotate(entry, id, name, null);
                if (name(entry) == null) {
                    entries.set(i, named);
                } else {
                    entries.add(named);
                }
                return;
            }
        }
    }

    /**
     * Makes a name lead to a manifest, which whatever had the name loses. A manifest that had lost
     * its last name has one again.
     *
     * @param index the index by which the name led to it, where it did
     */
    void put(Descriptor manifest, String id, String name, @Nullable Digest index) {
        entries.removeIf(entry -> name.equals(name(entry)) && id(entry).equals(id));
        untag(name);
        entries.removeIf(entry -> name(entry) == null && entry.digest().equals(manifest.digest()));
        entries.add(annotate(manifest, id, name, index));
    }

    /** Takes a name away; its image stays. */
    void untag(String name) {
        for (int i = 0; i < entries.size(); i++) {
            Descriptor entry = entries.get(i);
            if (name.equals(name(entry))) {
                if (of(id(entry)).size() > 1) {
                    entries.remove(i);
                } else {
                    entries.set(i, annotate(entry, id(entry), null, null));
                }
                return;
            }
        }
    }

    void remove(String id) {
        entries.removeIf(entry -> id(entry).equals(id));
    }

    private static Descriptor annotate(
            Descriptor manifest, String id, @Nullable String name, @Nullable Digest index) {
        Map<String, String> annotations = new LinkedHashMap<>();
        if (name != null) {
            annotations.put(Layout.NAME, name);
        }
        annotations.put(Layout.ID, id);
        if (index != null) {
            annotations.put(Layout.INDEX, index.toString());
        }
        return new Descriptor(
                manifest.mediaType(),
                manifest.digest(),
                manifest.size(),
                List.of(),
                annotations,
                null,
                manifest.platform(),
                null);
    }
}
