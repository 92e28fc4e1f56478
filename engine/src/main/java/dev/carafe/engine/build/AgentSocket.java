package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Mount;
import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A socket that a RUN mounts and that leads to a user's ssh-agent. The agent would turn away the
 * container's user, so this process asks in its place; it passes on what lists keys and signs, and
 * nothing that adds or removes keys (draft-miller-ssh-agent).
 */
final class AgentSocket implements AutoCloseable {
    private static final int REQUEST_IDENTITIES = 11;
    private static final int SIGN_REQUEST = 13;
    private static final int LARGEST = 256 * 1024;
    private static final byte[] FAILURE = {0, 0, 0, 1, 5};

    private final ServerSocketChannel server;
    private final Path agent;
    private final Fd mount;
    private final Path directory;

    private AgentSocket(ServerSocketChannel server, Path agent, Fd mount, Path directory) {
        this.server = server;
        this.agent = agent;
        this.mount = mount;
        this.directory = directory;
    }

    /** Begins to listen. */
    static AgentSocket open(Path agent, Mount.Owner owner) throws IOException {
        Path directory = Files.createTempDirectory(Path.of("/tmp"), "carafe-ssh");
        Path path = directory.resolve("agent");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try (Fd parent = Dir.open(directory)) {
            server.bind(UnixDomainSocketAddress.of(path));
            Fd mount;
            try (Fd socket = At.checked("open", "agent", At.strict(parent, "agent", Dir.O_PATH))) {
                At.chown(parent, "agent", (int) owner.uid(), (int) owner.gid());
                At.chmod(parent, "agent", owner.mode());
                mount = Detached.bind(socket, false, "the ssh agent's socket");
            }
            AgentSocket one = new AgentSocket(server, agent, mount, directory);
            Thread.ofVirtual().start(one::accept);
            return one;
        } catch (IOException e) {
            server.close();
            Files.deleteIfExists(path);
            Files.delete(directory);
            throw e;
        }
    }

    /** The container has it: its name on the host goes. */
    void started() throws IOException {
        if (Files.deleteIfExists(directory.resolve("agent"))) {
            Files.delete(directory);
        }
    }

    Fd mount() {
        return mount;
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel client = server.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed: the command is over
            }
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                SocketChannel to = SocketChannel.open(UnixDomainSocketAddress.of(agent))) {
            ByteBuffer request = message(client);
            while (request != null) {
                int kind = request.get(4);
                if (kind == REQUEST_IDENTITIES || kind == SIGN_REQUEST) {
                    send(to, request);
                    ByteBuffer answer = message(to);
                    if (answer == null) {
                        return;
                    }
                    send(client, answer);
                } else {
                    send(client, ByteBuffer.wrap(FAILURE));
                }
                request = message(client);
            }
        } catch (ClosedChannelException e) {
            return; // the command is over
        } catch (IOException e) {
            return; // the client sees its connection end, which is all there is to tell it
        }
    }

    /** One message with its length before it; null at the end. */
    private static @Nullable ByteBuffer message(SocketChannel from) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(4);
        if (!fill(from, head)) {
            return null;
        }
        int length = head.getInt(0);
        if (length < 1 || length > LARGEST) {
            return null;
        }
        ByteBuffer whole = ByteBuffer.allocate(4 + length).putInt(length);
        return fill(from, whole) ? whole.flip() : null;
    }

    private static boolean fill(SocketChannel from, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (from.read(into) < 0) {
                return false;
            }
        }
        return true;
    }

    private static void send(SocketChannel to, ByteBuffer message) throws IOException {
        while (message.hasRemaining()) {
            to.write(message);
        }
    }

    @Override
    public void close() throws IOException {
        started();
        mount.close();
        server.close();
    }
}
