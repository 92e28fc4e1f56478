package dev.carafe.engine.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;

/** An HTTP server that answers as a test says, down to half an answer and silence. */
final class FakeRegistry implements AutoCloseable {
    private final ServerSocket server;
    private final boolean tls;
    private final Handler handler;
    private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> open = Collections.synchronizedList(new ArrayList<>());

    /** What answers. */
    interface Handler {
        Response answer(Request request) throws IOException;
    }

    /**
     * A request.
     *
     * @param headers by name in lower case
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Request(String method, String target, Map<String, String> headers, byte[] body) {
        /** Without the query. */
        String path() {
            int query = target.indexOf('?');
            return query < 0 ? target : target.substring(0, query);
        }

        /** The Authorization header; empty for none. */
        String authorization() {
            return headers.getOrDefault("authorization", "");
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return method + " " + target;
        }
    }

    /**
     * An answer.
     *
     * @param cut how many bytes of the body are sent before the connection ends; -1 for all
     * @param silent whether, after them, it goes silent instead
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Response(int status, List<String> headers, byte[] body, int cut, boolean silent) {
        Response with(String header) {
            List<String> more = new ArrayList<>(headers);
            more.add(header);
            return new Response(status, more, body, cut, silent);
        }

        Response cutAfter(int bytes) {
            return new Response(status, headers, body, bytes, false);
        }

        Response silentAfter(int bytes) {
            return new Response(status, headers, body, bytes, true);
        }
    }

    static Response status(int status) {
        return new Response(status, List.of(), new byte[0], -1, false);
    }

    static Response ok(byte[] body) {
        return new Response(200, List.of(), body, -1, false);
    }

    static Response json(int status, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        return new Response(status, List.of("Content-Type: application/json"), body, -1, false);
    }

    static Response error(int status, String code, String message) {
        return json(
                status,
                "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}]}");
    }

    private FakeRegistry(ServerSocket server, boolean tls, Handler handler) {
        this.server = server;
        this.tls = tls;
        this.handler = handler;
        Thread.ofVirtual().start(this::accept);
    }

    /** Speaks plain HTTP. */
    static FakeRegistry plain(Handler handler) throws IOException {
        return new FakeRegistry(
                new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), false, handler);
    }

    /**
     * Speaks HTTPS.
     *
     * @param wantClient whether clients must have a certificate
     */
    static FakeRegistry tls(SSLContext context, boolean wantClient, Handler handler)
            throws IOException {
        SSLServerSocket socket =
                (SSLServerSocket)
                        context.getServerSocketFactory()
                                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        socket.setNeedClientAuth(wantClient);
        return new FakeRegistry(socket, true, handler);
    }

    int port() {
        return server.getLocalPort();
    }

    /** As names of images begin. */
    String host() {
        return "localhost:" + port();
    }

    /** The same server by another name, and so another host. */
    String otherHost() {
        return "127.0.0.1:" + port();
    }

    String url() {
        return (tls ? "https://" : "http://") + host();
    }

    List<Request> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    /** How many requests began with that, such as "GET /v2/app/". */
    long count(String start) {
        return requests().stream().filter(r -> r.toString().startsWith(start)).count();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            while (true) {
                Request request = read(in);
                if (request == null) {
                    return;
                }
                requests.add(request);
                if (!send(out, request, handler.answer(request))) {
                    return;
                }
            }
        } catch (IOException e) {
            return; // the client has gone
        }
    }

    /** False when the connection is to be closed. */
    private boolean send(OutputStream out, Request request, Response response) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + response.status + " .\r\n");
        for (String header : response.headers) {
            head.append(header).append("\r\n");
        }
        if (response.headers.stream().noneMatch(h -> h.startsWith("Content-Length"))
                && response.status != 204) {
            head.append("Content-Length: ").append(response.body.length).append("\r\n");
        }
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        int length = response.cut < 0 ? response.body.length : response.cut;
        if (!request.method.equals("HEAD")) {
            out.write(response.body, 0, length);
        }
        out.flush();
        if (response.silent) {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                return false;
            }
        }
        return response.cut < 0;
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        String first = line(in);
        String[] words = first.split(" ", -1);
        if (words.length != 3) {
            return null; // the end, or no HTTP
        }
        Map<String, String> headers = new LinkedHashMap<>();
        while (true) {
            String line = line(in);
            if (line.isEmpty()) {
                break;
            }
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        return new Request(words[0], words[1], headers, in.readNBytes(length));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            out.write(c);
        }
        return out.toString(StandardCharsets.ISO_8859_1).strip();
    }

    @Override
    public void close() throws IOException {
        server.close();
        synchronized (open) {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }
}
