package dev.carafe.engine.registry;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;

/** Says what kept us from an answer, in one line. */
final class Failure {
    private Failure() {}

    static RegistryException of(String host, URI at, IOException e, Patience patience) {
        if (e instanceof RegistryException own) {
            return own;
        }
        String target = at.getRawAuthority() == null ? host : at.getRawAuthority();
        String where =
                target.equals(Endpoint.authority(host)) ? host : host + " (through " + target + ")";
        return new RegistryException(where + ": " + reason(host, e, patience), e);
    }

    private static String reason(String host, IOException e, Patience patience) {
        return switch (e) {
            case HttpConnectTimeoutException timeout ->
                    "no connection within " + StallException.seconds(patience.connect());
            case ConnectException refused ->
                    has(e, UnresolvedAddressException.class)
                            ? "no such host"
                            : "connection refused: nothing listens there";
            case SSLException tls -> tls(host, tls);
            case StallException stall -> String.valueOf(stall.getMessage());
            default -> other(e);
        };
    }

    private static String tls(String host, SSLException e) {
        String message = Printable.of(String.valueOf(e.getMessage()), 200);
        if (message.contains("Unsupported or unrecognized SSL message")) {
            return "does not speak TLS; if that is as it should be, say \"plainHttp\": true for it"
                    + " in registries.json";
        }
        if (Trust.isUnknown(e)) {
            return "TLS: its certificate is of an authority that is not known here; put that one's"
                    + " certificate into /etc/docker/certs.d/"
                    + host
                    + "/ca.crt";
        }
        if (message.contains("certificate_required") || message.contains("bad_certificate")) {
            return "TLS: it wants a client's certificate ("
                    + message
                    + "); put client.cert and client.key into /etc/docker/certs.d/"
                    + host;
        }
        return "TLS: " + message;
    }

    private static String other(IOException e) {
        String message = Printable.of(String.valueOf(e.getMessage()), 200);
        if (message.contains("header parser received no bytes")
                || message.contains("Connection reset")
                || message.contains("EOF reached while reading")) {
            return "the connection was closed before an answer came";
        }
        return message;
    }

    private static boolean has(Throwable e, Class<? extends Throwable> kind) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
