package dev.carafe.engine.signature;

import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.json.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which images may be pulled, and whose signature they need: the file that podman and skopeo read
 * too (containers-policy.json(5)), of which the transport {@code docker} counts here. Without a
 * file every image is taken.
 */
public final class SignaturePolicy {
    private static final int MAX_FILE = 1 << 20;

    private final @Nullable Path file;
    private final List<Requirement> byDefault;
    private final Map<String, List<Requirement>> scopes;

    private SignaturePolicy(
            @Nullable Path file,
            List<Requirement> byDefault,
            Map<String, List<Requirement>> scopes) {
        this.file = file;
        this.byDefault = byDefault;
        this.scopes = scopes;
    }

    /**
     * The policy of this host: the file that {@code CARAFE_POLICY} names, else
     * ~/.config/containers/policy.json, else /etc/containers/policy.json.
     *
     * @throws ImageException when the file can't be read or holds what is no policy: nothing is
     *     pulled then
     */
    public static SignaturePolicy usual() throws ImageException {
        String named = System.getenv("CARAFE_POLICY");
        if (named != null && !named.isEmpty()) {
            return read(Path.of(named));
        }
        Path own = Path.of(System.getProperty("user.home", "/"), ".config/containers/policy.json");
        Path shared = Path.of("/etc/containers/policy.json");
        for (Path path : new Path[] {own, shared}) {
            if (Files.exists(path)) {
                return read(path);
            }
        }
        return new SignaturePolicy(null, List.of(new Requirement.AcceptAnything()), Map.of());
    }

    /** Reads a policy file. */
    public static SignaturePolicy read(Path path) throws ImageException {
        try {
            if (Files.size(path) > MAX_FILE) {
                throw new ImageException("signature policy " + path + " has more than 1 MiB");
            }
            return parse(path, Files.readAllBytes(path));
        } catch (ImageException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw new ImageException("signature policy " + path + ": no such file", e);
        } catch (IOException e) {
            throw new ImageException(
                    "signature policy " + path + " can't be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a policy.
     *
     * @param path where it came from, for messages
     */
    static SignaturePolicy parse(Path path, byte[] utf8) throws ImageException {
        String where = "signature policy " + path;
        try {
            Fields top = Fields.parse(where, utf8);
            only(top, "default", "transports");
            Map<String, List<Requirement>> scopes = new LinkedHashMap<>();
            Fields transports = top.child("transports");
            Fields docker = transports == null ? null : transports.child("docker");
            if (docker != null) {
                for (String scope : docker.object().members().keySet()) {
                    scopes.put(scope, requirements(docker, scope));
                }
            }
            return new SignaturePolicy(path, requirements(top, "default"), scopes);
        } catch (OciException e) {
            throw new ImageException(String.valueOf(e.getMessage()), e);
        }
    }

    private static List<Requirement> requirements(Fields f, String name) {
        List<Requirement> all = new ArrayList<>();
        for (Fields one : f.children(name)) {
            all.add(Requirement.of(one));
        }
        if (all.isEmpty()) {
            throw f.wrong(name, "needs at least one requirement");
        }
        return all;
    }

    private static void only(Fields f, String... names) {
        for (String member : f.object().members().keySet()) {
            if (!List.of(names).contains(member)) {
                throw f.wrong(member, "is no member of a policy");
            }
        }
    }

    /** Whether some image of this name needs a signature or is refused. */
    public boolean demands(ImageReference name) {
        for (Requirement one : requirements(name)) {
            if (!(one instanceof Requirement.AcceptAnything)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Refuses an image that the policy does not take. Call it when the digests are known and before
     * anything of the image is kept.
     *
     * @param name as the user asked for it
     * @param digests of the image's manifest and of the index that led to it; a signature of either
     *     serves, because an index names its manifests by digest
     * @throws ImageException when a requirement is not satisfied
     */
    public void check(ImageReference name, List<Digest> digests, SignatureSource source)
            throws IOException {
        for (Requirement requirement : requirements(name)) {
            switch (requirement) {
                case Requirement.AcceptAnything _ -> {}
                case Requirement.Reject _ ->
                        throw refused(name, "the policy rejects images of that name");
                case Requirement.Unverifiable it ->
                        throw refused(name, "it asks for " + it.type() + ": " + it.why());
                case Requirement.Signed signed -> verify(name, digests, source, signed);
            }
        }
    }

    private void verify(
            ImageReference name,
            List<Digest> digests,
            SignatureSource source,
            Requirement.Signed signed)
            throws IOException {
        Set<String> reasons = new LinkedHashSet<>();
        for (Digest digest : digests) {
            for (SignatureSource.Signature one : source.of(digest)) {
                String reason = flaw(name, digest, one, signed);
                if (reason == null) {
                    return;
                }
                reasons.add(reason);
            }
        }
        throw refused(
                name,
                reasons.isEmpty()
                        ? "it has no signature, and the policy wants one"
                        : "no signature is accepted: " + String.join("; ", reasons));
    }

    /** Why a signature does not count, or null when it does. The key comes first. */
    private static @Nullable String flaw(
            ImageReference name,
            Digest digest,
            SignatureSource.Signature signature,
            Requirement.Signed signed) {
        boolean known = false;
        for (SigningKey key : signed.keys()) {
            known |= key.verifies(signature.payload(), signature.base64());
        }
        if (!known) {
            return "not by a key of the policy";
        }
        try {
            SimpleSigning claim = SimpleSigning.parse(signature.payload());
            if (!claim.manifest().equals(digest)) {
                return "for the manifest " + claim.manifest();
            }
            return signed.identity().accepts(name, claim.reference())
                    ? null
                    : "for the name "
                            + OciException.quote(claim.reference())
                            + " (signedIdentity says which are accepted)";
        } catch (OciException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private ImageException refused(ImageReference name, String why) {
        return new ImageException("image " + name + " is refused by " + file + ": " + why);
    }

    /** Those of the most specific scope, from the whole name to "*.domain" to the default. */
    private List<Requirement> requirements(ImageReference name) {
        for (String scope : scopesOf(name)) {
            List<Requirement> found = scopes.get(scope);
            if (found != null) {
                return found;
            }
        }
        return byDefault;
    }

    private static List<String> scopesOf(ImageReference name) {
        List<String> all = new ArrayList<>();
        all.add(
                name.digest() == null
                        ? name.name() + ":" + name.tag()
                        : name.name() + "@" + name.digest());
        String prefix = name.name();
        while (true) {
            all.add(prefix);
            int slash = prefix.lastIndexOf('/');
            if (slash < 0) {
                break;
            }
            prefix = prefix.substring(0, slash);
        }
        int dot = prefix.indexOf('.');
        while (dot >= 0) {
            all.add("*" + prefix.substring(dot));
            dot = prefix.indexOf('.', dot + 1);
        }
        all.add("");
        return all;
    }
}
