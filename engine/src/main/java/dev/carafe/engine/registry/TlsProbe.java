package dev.carafe.engine.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Finds out whether a server of this machine speaks TLS: a ClientHello is answered by a TLS record,
 * be it a refusal, and by nothing of the kind where plain HTTP is spoken. No secret is sent.
 */
final class TlsProbe {
    private static final int HANDSHAKE = 0x16;
    private static final int ALERT = 0x15;

    private TlsProbe() {}

    /**
     * Whether TLS is spoken there.
     *
     * @throws IOException when no connection can be made
     */
    static boolean speaksTls(String host, int port, Duration limit) throws IOException {
        try (Socket socket = new Socket()) {
            int millis = (int) Math.min(limit.toMillis(), 60_000);
            socket.connect(new InetSocketAddress(bare(host), port), millis);
            socket.setSoTimeout(Math.min(millis, 3_000));
            try {
                OutputStream out = socket.getOutputStream();
                out.write(hello());
                // what ends a request line and its headers, for a server that waits for them
                out.write("\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                int first = socket.getInputStream().read();
                return first == HANDSHAKE || first == ALERT;
            } catch (SocketTimeoutException e) {
                return false;
            } catch (IOException e) {
                return false; // reset: it did not like what it read
            }
        }
    }

    private static String bare(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** A record with a ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2): suites, no extension. */
    private static byte[] hello() {
        byte[] suites = {
            (byte) 0xc0, 0x2b, (byte) 0xc0, 0x2f, (byte) 0xc0, 0x2c, (byte) 0xc0, 0x30, 0, 0x2f
        };
        int body = 2 + 32 + 1 + 2 + suites.length + 2;
        ByteBuffer out = ByteBuffer.allocate(5 + 4 + body);
        out.put((byte) HANDSHAKE).putShort((short) 0x0301).putShort((short) (4 + body));
        out.put((byte) 1).put((byte) 0).putShort((short) body);
        out.putShort((short) 0x0303).put(new byte[32]).put((byte) 0);
        out.putShort((short) suites.length).put(suites).put((byte) 1).put((byte) 0);
        return out.array();
    }
}
