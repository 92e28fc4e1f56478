package dev.carafe.engine;

/**
 * A host device inside a container.
 *
 * @param hostPath the device, or a directory of devices, on the host
 * @param containerPath where it appears
 * @param permissions of {@code r}ead, {@code w}rite and {@code m}knod
 */
public record DeviceMapping(String hostPath, String containerPath, String permissions) {
    public DeviceMapping {
        Check.absolute("device", hostPath);
        Check.absolute("device", containerPath);
        if (!permissions(permissions)) {
            throw Check.invalid("device permissions", permissions, "it must be of r, w and m");
        }
    }

    /** Reads {@code HOST-PATH[:CONTAINER-PATH][:PERMISSIONS]}; the default is {@code rwm}. */
    public static DeviceMapping parse(String text) {
        String[] parts = text.split(":", -1);
        return switch (parts.length) {
            case 1 -> new DeviceMapping(text, text, "rwm");
            case 2 ->
                    permissions(parts[1])
                            ? new DeviceMapping(parts[0], parts[0], parts[1])
                            : new DeviceMapping(parts[0], parts[1], "rwm");
            case 3 -> new DeviceMapping(parts[0], parts[1], parts[2]);
            default ->
                    throw Check.invalid(
                            "device", text, "it must be HOST-PATH[:CONTAINER-PATH][:PERMISSIONS]");
        };
    }

    private static boolean permissions(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("rwm".indexOf(text.charAt(i)) < 0 || text.indexOf(text.charAt(i), i + 1) >= 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
