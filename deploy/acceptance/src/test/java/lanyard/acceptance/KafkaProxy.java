package lanyard.acceptance;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;

/**
 * Stands between a client and its only broker, and can be cut.
 *
 * <p>A broker tells its clients where it wants to be found, and they go there from then on. So the proxy understands those of its
 * answers that do, and puts its own address into them.
 */
final class KafkaProxy implements AutoCloseable {
    private final ServerSocket server;
    private final String broker;
    private final int brokerPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch open = new CountDownLatch(0);

    /** @param broker {@code host:port} of the one broker */
    KafkaProxy(String broker) {
        this.broker = broker.substring(0, broker.indexOf(':'));
        this.brokerPort = Integer.parseInt(broker.substring(broker.indexOf(':') + 1));
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Where the client is to look for its broker. */
    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** From now on nothing gets through, in neither direction; connections stay as they are, as when a cable is pulled. */
    void cut() {
        open = new CountDownLatch(1);
    }

    /** The connections that were cut are lost, and new ones work again. */
    void mend() {
        sockets.forEach(KafkaProxy::close);
        open.countDown();
    }

    private void accept() {
        try {
            while (true) {
                var client = server.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            }
        } catch (IOException e) {
            // The proxy was closed.
        }
    }

    /** A request that was not answered yet. */
    private record Asked(ApiKeys what, short version) {}

    private void connect(Socket client) {
        try {
            open.await();
            var server = new Socket(broker, brokerPort);
            sockets.add(server);
            var asked = new ConcurrentHashMap<Integer, Asked>();
            Thread.ofVirtual()
                    .start(() -> pump(client, server, request -> {
                        var header = ByteBuffer.wrap(request);
                        var what = ApiKeys.forId(header.getShort());
                        var version = header.getShort();
                        asked.put(header.getInt(), new Asked(what, version));
                        return request;
                    }));
            pump(server, client, response -> withOwnAddress(response, asked));
        } catch (IOException e) {
            close(client);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Frame {
        byte[] through(byte[] frame);
    }

    private void pump(Socket from, Socket to, Frame frame) {
        try (from;
                to) {
            var in = new DataInputStream(from.getInputStream());
            var out = new DataOutputStream(to.getOutputStream());
            while (true) {
                var bytes = new byte[in.readInt()];
                in.readFully(bytes);
                open.await();
                var passed = frame.through(bytes);
                var sent = ByteBuffer.allocate(Integer.BYTES + passed.length)
                        .putInt(passed.length)
                        .put(passed);
                out.write(sent.array());
            }
        } catch (IOException e) {
            // One of the two has gone, and so does the other.
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private byte[] withOwnAddress(byte[] response, Map<Integer, Asked> asked) {
        var buffer = ByteBuffer.wrap(response);
        var request = asked.remove(buffer.getInt(0));
        if (request == null) {
            return response;
        }
        var version = request.version();
        return switch (request.what()) {
            case METADATA -> {
                var header = header(buffer, request);
                var data = new MetadataResponseData(new ByteBufferAccessor(buffer), version);
                data.brokers().forEach(node -> node.setHost("127.0.0.1").setPort(server.getLocalPort()));
                yield bytes(header, request, data);
            }
            case FIND_COORDINATOR -> {
                var header = header(buffer, request);
                var data = new FindCoordinatorResponseData(new ByteBufferAccessor(buffer), version);
                data.coordinators().forEach(node -> node.setHost("127.0.0.1").setPort(server.getLocalPort()));
                if (version < 4) {
                    data.setHost("127.0.0.1").setPort(server.getLocalPort());
                }
                yield bytes(header, request, data);
            }
            case DESCRIBE_CLUSTER -> {
                var header = header(buffer, request);
                var data = new DescribeClusterResponseData(new ByteBufferAccessor(buffer), version);
                data.brokers().forEach(node -> node.setHost("127.0.0.1").setPort(server.getLocalPort()));
                yield bytes(header, request, data);
            }
            default -> response;
        };
    }

    private static ResponseHeader header(ByteBuffer buffer, Asked request) {
        return ResponseHeader.parse(buffer, request.what().responseHeaderVersion(request.version()));
    }

    private static byte[] bytes(ResponseHeader header, Asked request, ApiMessage data) {
        var buffer = RequestUtils.serialize(header.data(), header.headerVersion(), data, request.version());
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        mend();
    }
}
