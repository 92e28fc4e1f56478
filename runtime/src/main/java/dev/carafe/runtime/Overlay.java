package dev.carafe.runtime;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The overlay file system's mount data. */
final class Overlay {
    /** mount(2) takes one page, with its NUL. */
    private static final int MOST = 4095;

    private Overlay() {}

    /**
     * Where to go before the mount, so that names of layers are short enough for one page; null
     * when they are as they stand.
     */
    static @Nullable Path from(Rootfs.Overlay overlay) {
        return whole(overlay, null).length() <= MOST ? null : overlay.lower().get(0).getParent();
    }

    /** The mount data, with layers below {@code from} named from there. */
    static String data(Rootfs.Overlay overlay, @Nullable Path from) {
        String data = whole(overlay, from);
        if (data.length() > MOST) {
            throw new IllegalArgumentException(
                    "the image has "
                            + overlay.lower().size()
                            + " layers, too many for one overlay mount; make an"
                            + " image of fewer layers or a shorter CARAFE_ROOT");
        }
        return data;
    }

    private static String whole(Rootfs.Overlay overlay, @Nullable Path from) {
        StringBuilder data = new StringBuilder(256);
        String separator = "lowerdir=";
        for (Path lower : overlay.lower()) {
            boolean below = from != null && from.equals(lower.getParent());
            Path name = below ? lower.getFileName() : lower;
            data.append(separator).append(escape(String.valueOf(name), true));
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
        return data.toString();
    }

    private static String escape(String path, boolean colons) {
        String escaped = path.replace("\\", "\\\\").replace(",", "\\,");
        return colons ? escaped.replace(":", "\\:") : escaped;
    }
}
