package dev.carafe.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Sends requests for one registry, follows redirects, tries again. */
final class Wire {
    private static final int MAX_REDIRECTS = 8;

    private final Endpoint endpoint;
    private final Clients clients;
    private final Patience patience;

    Wire(Endpoint endpoint, Clients clients, Patience patience) {
        this.endpoint = endpoint;
        this.clients = clients;
        this.patience = patience;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /**
     * Sends a request, again where that may help.
     *
     * @param authorization for the host of the request alone
     * @return the answer, whatever its status
     * @throws RegistryException when there is none
     */
    Reply send(Call call, @Nullable String authorization) throws IOException {
        Attempts attempts = new Attempts(patience);
        while (true) {
            try {
                Reply reply = follow(call, authorization);
                if (!call.repeat()
                        || !Attempts.isTemporary(reply.status())
                        || !attempts.again(reply)) {
                    return reply;
                }
            } catch (RegistryException | InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                if (!call.repeat() || !attempts.again(e)) {
                    throw Failure.of(endpoint.host(), call.uri(), e, patience);
                }
            }
        }
    }

    private Reply follow(Call call, @Nullable String authorization) throws IOException {
        URI at = call.uri();
        @Nullable String secret = authorization;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            if (!endpoint.maySendTo(at)) {
                throw new RegistryException(
                        endpoint.host()
                                + ": sends us to an address that is not HTTPS, which is refused: "
                                + Printable.quote(at.toString()));
            }
            Reply reply = exchange(call, at, secret);
            String location = reply.header("location");
            if (!isRedirect(call.method(), reply.status()) || location == null) {
                return reply;
            }
            reply.close();
            URI next = resolve(at, location);
            // what leaves the host once stays without, also when it is sent back
            secret = Endpoint.sameOrigin(at, next) ? secret : null;
            at = next;
        }
        throw new RegistryException(
                endpoint.host() + ": more than " + MAX_REDIRECTS + " redirects, the last to " + at);
    }

    private static boolean isRedirect(String method, int status) {
        return switch (status) {
            case 307, 308 -> true;
            case 301, 302, 303 -> method.equals("GET") || method.equals("HEAD");
            default -> false;
        };
    }

    /** An address that the registry gave, relative or absolute. */
    URI resolve(URI base, String location) throws RegistryException {
        try {
            // java.net.URI goes by RFC 2396 here: it would drop the last part of the path
            String text = location.startsWith("?") ? base.getRawPath() + location : location;
            return base.resolve(text);
        } catch (IllegalArgumentException e) {
            throw new RegistryException(
                    endpoint.host() + ": not an address: " + Printable.quote(location), e);
        }
    }

    private Reply exchange(Call call, URI at, @Nullable String secret) throws IOException {
        AtomicLong progress = new AtomicLong();
        HttpRequest.Builder request = HttpRequest.newBuilder(at);
        request.setHeader("User-Agent", "carafe");
        for (Map.Entry<String, String> header : call.headers().entrySet()) {
            request.setHeader(header.getKey(), header.getValue());
        }
        if (secret != null) {
            request.setHeader("Authorization", secret);
        }
        Call.Body body = call.body();
        if (body != null) {
            request.setHeader("Content-Type", body.type());
        }
        request.method(call.method(), publisher(body, progress));
        HttpClient client = clients.of(endpoint.host(), at);
        HttpResponse<InputStream> answer =
                await(
                        client.sendAsync(request.build(), head -> new BodyStream(patience.stall())),
                        progress);
        return Reply.of(answer.statusCode(), answer.headers(), at, answer.body());
    }

    private static BodyPublisher publisher(Call.@Nullable Body body, AtomicLong progress) {
        if (body == null || body.length() == 0) {
            return BodyPublishers.noBody();
        }
        return BodyPublishers.fromPublisher(
                BodyPublishers.ofInputStream(() -> new Region(body, progress)), body.length());
    }

    /** Waits for the headers, as long as bytes go out or not much longer. */
    private <T> T await(CompletableFuture<T> answer, AtomicLong progress) throws IOException {
        long before = progress.get();
        while (true) {
            try {
                return answer.get(patience.stall().toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                long now = progress.get();
                if (now == before) {
                    answer.cancel(true);
                    throw new StallException(patience.stall());
                }
                before = now;
            } catch (InterruptedException e) {
                answer.cancel(true);
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            }
        }
    }
}
