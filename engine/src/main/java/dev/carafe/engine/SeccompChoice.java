package dev.carafe.engine;

import dev.carafe.linux.Native;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.runtime.seccomp.DefaultProfile;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Which seccomp filter the options ask for. */
final class SeccompChoice {
    private static final String OPTION = "seccomp=";

    /** Compiled filters by the capabilities that they let through. */
    private static final Map<List<String>, SeccompFilter> BUILTIN = new ConcurrentHashMap<>();

    private SeccompChoice() {}

    /** None when privileged or told {@code unconfined}, a file's profile, or the default one. */
    static Optional<SeccompFilter> of(RunOptions options, List<String> capabilities) {
        String chosen = options.privileged() ? "unconfined" : "builtin";
        for (String option : options.securityOpt()) {
            if (option.startsWith(OPTION)) {
                chosen = option.substring(OPTION.length());
            }
        }
        return switch (chosen) {
            case "unconfined" -> Optional.empty();
            case "builtin" -> Optional.of(builtin(capabilities));
            default -> Optional.of(file(Path.of(chosen)));
        };
    }

    private static SeccompFilter builtin(List<String> capabilities) {
        return BUILTIN.computeIfAbsent(capabilities, c -> DefaultProfile.filter(Native.arch(), c));
    }

    private static SeccompFilter file(Path file) {
        try {
            Seccomp profile = Seccomp.parse(file.toString(), Files.readAllBytes(file));
            return SeccompFilter.compile(Native.arch(), profile);
        } catch (IOException e) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    "seccomp profile " + file + ": cannot be read: " + e.getMessage(),
                    e);
        } catch (IllegalArgumentException e) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    "seccomp profile " + file + ": " + e.getMessage(),
                    e);
        }
    }
}
