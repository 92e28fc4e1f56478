package dev.carafe.engine.registry;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A registry to speak to: requests, and what they need to be let through. */
final class Connection {
    private final Wire wire;
    private final Authority authority;
    private volatile boolean down;

    Connection(Wire wire, Credentials credentials) {
        this.wire = wire;
        this.authority = new Authority(wire, credentials);
    }

    Endpoint endpoint() {
        return wire.endpoint();
    }

    Wire wire() {
        return wire;
    }

    Authority authority() {
        return authority;
    }

    /** Whether a mirror has shown that it is of no use now. */
    boolean isDown() {
        return down;
    }

    /** A mirror that could not be reached is not asked again. */
    void failed(RegistryException e) {
        down |= e.status() == 0 || e.status() >= 500;
    }

    /**
     * Sends a request with what it needs to be let through.
     *
     * @return the answer, whatever its status
     * @throws RegistryException when there is none
     */
    Reply send(Call call, Scope scope) throws IOException {
        if (!endpoint().owns(call.uri())) {
            return wire.send(call, null); // storage elsewhere: its address is all that it needs
        }
        String header = authority.header(scope);
        Reply reply = wire.send(call, header);
        if (reply.status() != 401 || !endpoint().owns(reply.uri())) {
            return reply;
        }
        String better =
                authority.answer(
                        Challenge.parse(reply.headers().allValues("www-authenticate")),
                        scope,
                        header);
        return better == null ? reply : wire.send(call, better);
    }

    /**
     * Sends a request whose answer must have one of these statuses.
     *
     * @param subject what errors call it
     * @throws RegistryException when it hasn't
     */
    Reply expect(Call call, Scope scope, String subject, int... statuses) throws IOException {
        Reply reply = send(call, scope);
        for (int status : statuses) {
            if (reply.status() == status) {
                return reply;
            }
        }
        try (reply) {
            throw Problem.of(endpoint().host(), subject, reply);
        }
    }

    /** A header that must be there. */
    static String need(Reply reply, String name, String subject) throws RegistryException {
        @Nullable String value = reply.header(name);
        if (value == null) {
            throw new RegistryException(
                    reply.status(), subject + ": the registry's answer has no " + name);
        }
        return value;
    }
}
