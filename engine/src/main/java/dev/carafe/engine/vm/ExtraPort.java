package dev.carafe.engine.vm;

import dev.carafe.linux.Fd;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonBoolean;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * A port that a running machine gets for a further process, and loses with it.
 *
 * @param directory the machine's
 * @param connection our end
 */
record ExtraPort(Path directory, int number, Fd connection) {
    /** The device has 31 ports; the first ones are the machine's own. */
    private static final int LAST = 30;

    private static final int ACCEPTS = 1000;
    private static final long REMOVAL_MILLIS = 2_000;

    /**
     * @throws VmException when all are in use
     */
    static ExtraPort add(Path directory) throws IOException {
        // QEMU has one client at a time: nobody else chooses meanwhile
        try (Qmp qmp = Qmp.connect(directory.resolve(Qemu.MONITOR))) {
            Set<String> known = new HashSet<>();
            Json list = qmp.execute("query-chardev", null);
            if (list instanceof JsonArray array) {
                for (Json entry : array.elements()) {
                    known.add(text(entry, "label"));
                }
                for (Json entry : array.elements()) {
                    String label = text(entry, "label");
                    boolean left = text(entry, "filename").startsWith("disconnected");
                    if (left && isExtra(label)) {
                        // of a process whose owner was killed
                        remove(qmp, Integer.parseInt(label.substring(4)));
                        known.remove(label);
                    }
                }
            }
            for (int number = Guest.FIRST_PROCESS_PORT + 1; number <= LAST; number++) {
                if (!known.contains(Qemu.processSocket(number))) {
                    return add(qmp, directory, number);
                }
            }
        }
        throw new VmException(
                "a machine takes "
                        + (LAST - Guest.FIRST_PROCESS_PORT)
                        + " further processes at a time, and all of its ports are in use");
    }

    private static boolean isExtra(String label) {
        return label.startsWith("port")
                && !label.equals(Qemu.processSocket(Guest.FIRST_PROCESS_PORT));
    }

    private static String text(Json object, String name) {
        return object instanceof JsonObject o && o.get(name) instanceof JsonString s
                ? s.value()
                : "";
    }

    /** Connects before another client of QEMU's can take the port for one that was left. */
    private static ExtraPort add(Qmp qmp, Path directory, int number) throws IOException {
        String name = Qemu.processSocket(number);
        Path socket = directory.resolve(name);
        Files.deleteIfExists(socket);
        JsonObject address =
                JsonObject.builder()
                        .put("type", "unix")
                        .put(
                                "data",
                                JsonObject.builder()
                                        .put("path", Qemu.DIRECTORY + "/" + name)
                                        .build())
                        .build();
        JsonObject data =
                JsonObject.builder()
                        .put("addr", address)
                        .put("server", JsonBoolean.TRUE)
                        .put("wait", JsonBoolean.of(false))
                        .build();
        JsonObject backend = JsonObject.builder().put("type", "socket").put("data", data).build();
        qmp.execute(
                "chardev-add",
                JsonObject.builder().put("id", name).put("backend", backend).build());
        qmp.execute(
                "device_add",
                JsonObject.builder()
                        .put("driver", "virtserialport")
                        .put("id", "p" + number)
                        .put("nr", number)
                        .put("chardev", name)
                        .build());
        Fd connection = Descriptors.connect(socket);
        for (int i = 0; i < ACCEPTS && isLeft(qmp, name); i++) {
            // QEMU has yet to accept
        }
        return new ExtraPort(directory, number, connection);
    }

    private static boolean isLeft(Qmp qmp, String name) throws IOException {
        if (qmp.execute("query-chardev", null) instanceof JsonArray array) {
            for (Json entry : array.elements()) {
                if (text(entry, "label").equals(name)) {
                    return text(entry, "filename").startsWith("disconnected");
                }
            }
        }
        return false;
    }

    /** Takes the port from the machine, if that is still there. */
    void remove() {
        try (Qmp qmp = Qmp.connect(directory.resolve(Qemu.MONITOR))) {
            remove(qmp, number);
            Files.deleteIfExists(directory.resolve(Qemu.processSocket(number)));
        } catch (IOException e) {
            // the machine has gone, with all of its ports
        }
    }

    private static void remove(Qmp qmp, int number) throws IOException {
        qmp.execute("device_del", JsonObject.builder().put("id", "p" + number).build());
        qmp.await("DEVICE_DELETED", REMOVAL_MILLIS);
        qmp.execute(
                "chardev-remove",
                JsonObject.builder().put("id", Qemu.processSocket(number)).build());
    }
}
