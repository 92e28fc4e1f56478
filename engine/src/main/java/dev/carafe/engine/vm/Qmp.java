package dev.carafe.engine.vm;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a machine's QEMU, in its machine protocol (QEMU's docs/interop/qmp-spec): one
 * command at a time, and what happens meanwhile as events. QEMU serves one client; others wait for
 * it to leave, so keep a connection no longer than needed.
 */
final class Qmp implements AutoCloseable {
    private static final long ANSWER_MILLIS = 30_000;
    private static final int READ = 16 * 1024;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;

    private final Fd socket;
    private final Queue<JsonObject> events = new ArrayDeque<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private byte[] read = new byte[0];
    private int next;

    private Qmp(Fd socket) {
        this.socket = socket;
    }

    /** Connects, and waits for whoever is connected before. */
    static Qmp connect(Path path) throws IOException {
        Qmp qmp = new Qmp(Descriptors.connect(path));
        try {
            JsonObject greeting = qmp.receive(ANSWER_MILLIS);
            if (greeting == null || greeting.get("QMP") == null) {
                throw new IOException("QEMU does not answer");
            }
            qmp.execute("qmp_capabilities", null);
            return qmp;
        } catch (IOException e) {
            qmp.close();
            throw e;
        }
    }

    /**
     * Executes a command and waits for its answer.
     *
     * @return what the answer holds
     * @throws IOException when QEMU refuses it, with QEMU's reason, or is gone
     */
    Json execute(String command, @Nullable JsonObject arguments) throws IOException {
        send(request(command, arguments));
        return answer(command);
    }

    /** Gives QEMU a descriptor, by a name for later commands; this one stays the caller's. */
    void give(String name, Fd descriptor) throws IOException {
        String command = "getfd";
        byte[] text =
                request(command, JsonObject.builder().put("fdname", name).build())
                        .getBytes(StandardCharsets.UTF_8);
        try (Memory memory = Memory.borrow()) {
            long iov = memory.reserve(16);
            memory.view(iov, 16).putLong(0, memory.bytes(text)).putLong(8, text.length);
            long control = memory.reserve(24);
            memory.view(control, 24)
                    .putLong(0, 20)
                    .putInt(8, SOL_SOCKET)
                    .putInt(12, SCM_RIGHTS)
                    .putInt(16, descriptor.number());
            long message = memory.reserve(56);
            memory.view(message, 56)
                    .putLong(0, 0)
                    .putLong(8, 0)
                    .putLong(16, iov)
                    .putLong(24, 1)
                    .putLong(32, control)
                    .putLong(40, 24)
                    .putLong(48, 0);
            // so short a message is sent whole
            Native.check(
                    "give QEMU a descriptor", Sys.SENDMSG, socket.number(), message, MSG_NOSIGNAL);
        }
        answer(command);
    }

    private static String request(String command, @Nullable JsonObject arguments) {
        return JsonObject.builder()
                .put("execute", command)
                .put("arguments", arguments)
                .build()
                .toString();
    }

    private Json answer(String command) throws IOException {
        while (true) {
            JsonObject answer = receive(ANSWER_MILLIS);
            if (answer == null) {
                throw new IOException("QEMU does not answer to " + command);
            }
            Json result = answer.get("return");
            if (result != null) {
                return result;
            }
            if (answer.get("error") instanceof JsonObject error) {
                throw new IOException(
                        command
                                + ": "
                                + (error.get("desc") instanceof JsonString text
                                        ? text.value()
                                        : error));
            }
            if (answer.get("event") != null) {
                events.add(answer);
            }
        }
    }

    /**
     * Waits for an event of that name; earlier ones of other names are dropped.
     *
     * @return the event; null when it did not come in time
     */
    @Nullable JsonObject await(String name, long millis) throws IOException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (true) {
            JsonObject event = events.poll();
            if (event == null) {
                event = receive(Math.max(0, (end - System.nanoTime()) / 1_000_000));
            }
            if (event == null) {
                return null;
            }
            if (event.get("event") instanceof JsonString text && text.value().equals(name)) {
                return event;
            }
        }
    }

    private void send(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (Memory memory = Memory.of(bytes.length)) {
            if (!Descriptors.send(socket, memory.bytes(bytes), bytes.length)) {
                throw new IOException("the machine is gone");
            }
        }
    }

    /** The next line; null when none came in time. */
    private @Nullable JsonObject receive(long millis) throws IOException {
        while (true) {
            while (next < read.length) {
                byte b = read[next++];
                if (b == '\n') {
                    byte[] text = line.toByteArray();
                    line.reset();
                    return parse(text);
                }
                line.write(b);
            }
            if (!fill(millis)) {
                return null;
            }
        }
    }

    private static JsonObject parse(byte[] text) throws IOException {
        try {
            if (Json.parse(text) instanceof JsonObject object) {
                return object;
            }
        } catch (OciException e) {
            throw new IOException("QEMU's answer: " + e.getMessage(), e);
        }
        throw new IOException("QEMU's answer is no object");
    }

    private boolean fill(long millis) throws ErrnoException, IOException {
        if (!Descriptors.await(socket, millis)) {
            return false;
        }
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(READ);
            int got = (int) Native.check("read from QEMU", Sys.READ, socket.number(), buffer, READ);
            if (got == 0) {
                throw new IOException("the machine is gone");
            }
            read = new byte[got];
            next = 0;
            memory.view(buffer, got).get(read);
            return true;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
