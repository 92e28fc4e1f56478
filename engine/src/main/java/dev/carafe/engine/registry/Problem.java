package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Makes one line of an answer that is an error. */
final class Problem {
    private static final int MAX_TEXT = 300;
    private static final int MAX_ERRORS = 3;

    private Problem() {}

    /**
     * The error for an answer.
     *
     * @param host of the registry, as image names call it
     * @param subject what was asked for, such as a reference
     */
    static RegistryException of(String host, String subject, Reply reply) {
        int status = reply.status();
        String said = said(reply);
        String text =
                switch (status) {
                    case 401 ->
                            subject
                                    + ": the registry wants to know who asks"
                                    + said
                                    + "; run 'carafe login "
                                    + host
                                    + "'";
                    case 403 -> subject + ": access denied" + said;
                    case 404 -> subject + ": not found in the registry" + said;
                    case 429 -> subject + ": too many requests" + said + "; " + later(reply);
                    default -> subject + ": the registry answered" + said;
                };
        return new RegistryException(status, text);
    }

    private static String later(Reply reply) {
        Duration wait = Attempts.retryAfter(reply.header("retry-after"), Instant.now());
        return wait == null ? "try again later" : "try again in " + (wait.toSeconds() + 1) + " s";
    }

    /** In parentheses: the status and what the body says, as far as it is one of a registry. */
    static String said(Reply reply) {
        String detail = detail(reply.error());
        return " (" + reply.status() + (detail.isEmpty() ? "" : ": " + detail) + ")";
    }

    /** {@code {"errors":[{"code":...,"message":...}]}}, or a token server's {@code details}. */
    static String detail(byte[] body) {
        try {
            Fields f = Fields.parse("error", body);
            List<Fields> errors = f.children("errors");
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < Math.min(errors.size(), MAX_ERRORS); i++) {
                out.append(out.isEmpty() ? "" : "; ").append(one(errors.get(i)));
            }
            if (out.isEmpty()) {
                for (String name : List.of("details", "error_description", "message", "error")) {
                    String text = out.isEmpty() ? f.string(name) : null;
                    out.append(text == null ? "" : text);
                }
            }
            return Printable.of(out.toString(), MAX_TEXT);
        } catch (OciException e) {
            return ""; // a proxy's page
        }
    }

    private static String one(Fields error) {
        String code = error.string("code");
        String message = error.string("message");
        if (code == null || message == null) {
            return code == null ? String.valueOf(message) : code;
        }
        return code + ": " + message;
    }
}
