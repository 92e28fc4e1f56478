package dev.carafe.engine.registry;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Certificates and keys as OpenSSL writes them (RFC 7468). */
final class Pem {
    private static final int MAX_BYTES = 4 << 20;
    private static final String BEGIN = "-----BEGIN ";

    private Pem() {}

    /**
     * Every certificate in a file; other sections are passed over.
     *
     * @throws RegistryException when there is none, or one can't be read
     */
    static List<X509Certificate> certificates(Path file) throws RegistryException {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Section section : sections(file)) {
                if (section.label.equals("CERTIFICATE")
                        || section.label.equals("TRUSTED CERTIFICATE")) {
                    InputStream der = new ByteArrayInputStream(section.der);
                    found.add((X509Certificate) factory.generateCertificate(der));
                }
            }
        } catch (GeneralSecurityException e) {
            throw new RegistryException(file + ": not a certificate: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw new RegistryException(file + ": has no certificate in it");
        }
        return found;
    }

    /**
     * The key that belongs to a certificate.
     *
     * @throws RegistryException when there is none, it is encrypted or of an unknown kind
     */
    static PrivateKey key(Path file, PublicKey of) throws RegistryException {
        for (Section section : sections(file)) {
            byte[] pkcs8 =
                    switch (section.label) {
                        case "PRIVATE KEY" -> section.der;
                        case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> wrap(section.der, of);
                        case "ENCRYPTED PRIVATE KEY" ->
                                throw new RegistryException(
                                        file + ": the key is encrypted; put a plain one there");
                        default -> new byte[0];
                    };
            if (pkcs8.length > 0) {
                try {
                    return KeyFactory.getInstance(of.getAlgorithm())
                            .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
                } catch (GeneralSecurityException e) {
                    throw new RegistryException(
                            file + ": not a key of the certificate's kind, " + of.getAlgorithm(),
                            e);
                }
            }
        }
        throw new RegistryException(file + ": has no private key in it");
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Section(String label, byte[] der) {}

    private static List<Section> sections(Path file) throws RegistryException {
        String text;
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new RegistryException(file + ": has more than 4 MiB");
            }
            text = new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException(file + ": can't be read", e);
        }
        List<Section> found = new ArrayList<>();
        int at = text.indexOf(BEGIN);
        while (at >= 0) {
            int labelEnd = text.indexOf("-----", at + BEGIN.length());
            int end = labelEnd < 0 ? -1 : text.indexOf("-----END ", labelEnd);
            if (end < 0) {
                throw new RegistryException(file + ": a PEM section has no end");
            }
            String label = text.substring(at + BEGIN.length(), labelEnd);
            String body = text.substring(labelEnd + 5, end);
            found.add(new Section(label, decode(file, body)));
            at = text.indexOf(BEGIN, end);
        }
        return found;
    }

    private static byte[] decode(Path file, String body) throws RegistryException {
        if (body.contains("Proc-Type:")) {
            throw new RegistryException(file + ": the key is encrypted; put a plain one there");
        }
        try {
            return Base64.getMimeDecoder().decode(body);
        } catch (IllegalArgumentException e) {
            throw new RegistryException(file + ": not Base64", e);
        }
    }

    /**
     * PKCS#1 or SEC 1 as PKCS#8, which is all that the JDK reads: the algorithm's name and
     * parameters before the key are the same as in the certificate's public key (RFC 5208, RFC
     * 5280).
     */
    private static byte[] wrap(byte[] key, PublicKey of) {
        byte[] spki = of.getEncoded();
        byte[] algorithm = child(spki, header(spki, 0));
        return der(0x30, concat(der(0x02, new byte[1]), algorithm, der(0x04, key)));
    }

    private static byte[] child(byte[] der, int at) {
        return Arrays.copyOfRange(der, at, at + header(der, at) + length(der, at));
    }

    /** Bytes of tag and length. */
    private static int header(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return first < 128 ? 2 : 2 + (first & 0x7f);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 128) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = length << 8 | der[at + 2 + i] & 0xff;
        }
        return length;
    }

    private static byte[] der(int tag, byte[] content) {
        int n = content.length;
        byte[] head =
                n < 128
                        ? new byte[] {(byte) tag, (byte) n}
                        : new byte[] {
                            (byte) tag, (byte) 0x83, (byte) (n >> 16), (byte) (n >> 8), (byte) n
                        };
        return concat(head, content);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
