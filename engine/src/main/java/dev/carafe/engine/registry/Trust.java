package dev.carafe.engine.registry;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom to believe: the authorities given for a registry, those of the operating system, those of
 * the JDK. Each of the three checks the whole chain and the host name by itself, one is enough, and
 * the long lists are read only when the short one does not do.
 */
final class Trust extends X509ExtendedTrustManager {
    private static final List<Path> SYSTEM =
            List.of(
                    Path.of("/etc/ssl/certs/ca-certificates.crt"),
                    Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
                    Path.of("/etc/ssl/ca-bundle.pem"));

    private final List<X509Certificate> given;
    private final List<X509ExtendedTrustManager> managers = new ArrayList<>();
    private int prepared;

    Trust(List<X509Certificate> given) {
        this.given = given;
    }

    /** One of the checks, told which to ask. */
    private interface Check {
        void ask(X509ExtendedTrustManager manager) throws CertificateException;
    }

    private void any(Check check) throws CertificateException {
        @Nullable CertificateException first = null;
        for (int i = 0; ; i++) {
            X509ExtendedTrustManager manager = manager(i);
            if (manager == null) {
                throw first == null ? new CertificateException("no authority is known") : first;
            }
            try {
                check.ask(manager);
                return;
            } catch (CertificateException e) {
                // "expired" or "another host" says more than "unknown authority"
                if (first == null || isUnknown(first) && !isUnknown(e)) {
                    first = e;
                }
            }
        }
    }

    static boolean isUnknown(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException) {
                return true;
            }
        }
        return false;
    }

    private synchronized @Nullable X509ExtendedTrustManager manager(int index)
            throws CertificateException {
        try {
            while (managers.size() <= index && prepared < 3) {
                prepare(prepared++);
            }
        } catch (GeneralSecurityException | IOException e) {
            throw new CertificateException("the known authorities can't be read", e);
        }
        return index < managers.size() ? managers.get(index) : null;
    }

    private void prepare(int kind) throws GeneralSecurityException, IOException {
        switch (kind) {
            case 0 -> add(given);
            case 1 -> add(system());
            default -> add((KeyStore) null);
        }
    }

    private static List<X509Certificate> system() throws RegistryException {
        for (Path file : SYSTEM) {
            if (Files.isReadable(file)) {
                return Pem.certificates(file);
            }
        }
        return List.of();
    }

    private void add(List<X509Certificate> certificates)
            throws GeneralSecurityException, IOException {
        if (certificates.isEmpty()) {
            return;
        }
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < certificates.size(); i++) {
            store.setCertificateEntry("ca" + i, certificates.get(i));
        }
        add(store);
    }

    private void add(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager extended) {
                managers.add(extended);
            }
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        chain[0].checkValidity(); // the JDK does not look when it is an authority's own
        any(m -> m.checkServerTrusted(chain, type, engine));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        chain[0].checkValidity();
        any(m -> m.checkServerTrusted(chain, type, socket));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        throw new CertificateException("the name of the host is not known");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("this is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        throw new CertificateException("this is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        throw new CertificateException("this is no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
