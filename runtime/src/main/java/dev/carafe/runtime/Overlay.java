package dev.carafe.runtime;

import java.nio.file.Path;

/** The overlay file system's mount data. */
final class Overlay {
    /** mount(2) takes one page, with its NUL. */
    private static final int MOST = 4095;

    private Overlay() {}

    static String data(Rootfs.Overlay overlay) {
        StringBuilder data = new StringBuilder(256);
        String separator = "lowerdir=";
        for (Path lower : overlay.lower()) {
            data.append(separator).append(escape(lower.toString(), true));
            separator = ":";
        }
        data.append(",upperdir=").append(escape(overlay.upper().toString(), false));
        data.append(",workdir=").append(escape(overlay.work().toString(), false));
        if (overlay.fleeting()) {
            data.append(",volatile");
        }
        if (overlay.userXattr()) {
            data.append(",userxattr");
        }
        if (data.length() > MOST) {
            throw new IllegalArgumentException(
                    "the image has "
                            + overlay.lower().size()
                            + " layers, too many for one overlay mount; make an"
                            + " image of fewer layers or a shorter CARAFE_ROOT");
        }
        return data.toString();
    }

    private static String escape(String path, boolean colons) {
        String escaped = path.replace("\\", "\\\\").replace(",", "\\,");
        return colons ? escaped.replace(":", "\\:") : escaped;
    }
}
