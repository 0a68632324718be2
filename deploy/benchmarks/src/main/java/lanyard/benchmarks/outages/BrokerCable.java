package lanyard.benchmarks.outages;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;

/**
 * A cable to Kafka's only broker.
 *
 * <p>A broker tells its clients where it wants to be found, and they go there from then on. So this one understands those of its
 * answers that do, and puts its own address into them.
 */
public final class BrokerCable extends Cable {
    /** @param broker {@code host:port} of the one broker */
    public BrokerCable(String broker) {
        super(broker);
    }

    /** A request that was not answered yet. */
    private record Asked(ApiKeys what, short version) {}

    @Override
    void join(Socket client, Socket server) {
        var asked = new ConcurrentHashMap<Integer, Asked>();
        Thread.ofVirtual()
                .start(() -> carry(
                        client,
                        server,
                        (from, to) -> copy(from, to, request -> {
                            var header = ByteBuffer.wrap(request);
                            var what = ApiKeys.forId(header.getShort());
                            var version = header.getShort();
                            asked.put(header.getInt(), new Asked(what, version));
                            return request;
                        })));
        carry(server, client, (from, to) -> copy(from, to, response -> withOwnAddress(response, asked)));
    }

    private void copy(Socket from, Socket to, UnaryOperator<byte[]> through) throws IOException {
        var in = new DataInputStream(from.getInputStream());
        var out = new DataOutputStream(to.getOutputStream());
        while (true) {
            var frame = new byte[in.readInt()];
            in.readFully(frame);
            pass();
            var passed = through.apply(frame);
            out.write(ByteBuffer.allocate(Integer.BYTES + passed.length)
                    .putInt(passed.length)
                    .put(passed)
                    .array());
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
                data.brokers().forEach(node -> node.setHost("127.0.0.1").setPort(localPort()));
                yield bytes(header, request, data);
            }
            case FIND_COORDINATOR -> {
                var header = header(buffer, request);
                var data = new FindCoordinatorResponseData(new ByteBufferAccessor(buffer), version);
                data.coordinators().forEach(node -> node.setHost("127.0.0.1").setPort(localPort()));
                if (version < 4) {
                    data.setHost("127.0.0.1").setPort(localPort());
                }
                yield bytes(header, request, data);
            }
            case DESCRIBE_CLUSTER -> {
                var header = header(buffer, request);
                var data = new DescribeClusterResponseData(new ByteBufferAccessor(buffer), version);
                data.brokers().forEach(node -> node.setHost("127.0.0.1").setPort(localPort()));
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
}
