package lanyard.benchmarks.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One client on one connection that stays, with at most one request under way. The answer's body is counted and thrown away. */
final class Client {
    /** Longer than any head: the token in it has some hundred characters. */
    private static final int LONGEST_HEAD = 32 * 1024;

    private final InetSocketAddress server;
    private final Selector selector;
    private final ByteBuffer in = ByteBuffer.allocate(LONGEST_HEAD);
    private @Nullable SocketChannel channel;
    private Plan.@Nullable Shot shot;
    private @Nullable Answer answer;
    private long missing;
    private long sentAt;
    private int searched;

    Client(InetSocketAddress server, Selector selector) {
        this.server = server;
        this.selector = selector;
    }

    Plan.@Nullable Shot shot() {
        return shot;
    }

    long sentAt() {
        return sentAt;
    }

    /** Sends a request. If the server has closed the connection since the last one, over another. */
    void send(Plan.Shot next, long now) throws IOException {
        shot = next;
        sentAt = now;
        answer = null;
        searched = 0;
        in.clear();
        var open = channel == null ? connect() : channel;
        var bytes = ByteBuffer.wrap(next.request().bytes());
        while (bytes.hasRemaining()) {
            if (open.write(bytes) == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private SocketChannel connect() throws IOException {
        var opened = SocketChannel.open(server);
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        opened.configureBlocking(false);
        opened.register(selector, SelectionKey.OP_READ, this);
        channel = opened;
        return opened;
    }

    /** Reads what there is. Returns the answer once it is complete. */
    @Nullable
    Answer read() throws IOException {
        var open = channel;
        if (open == null) {
            return null;
        }
        int count = open.read(in);
        if (count < 0) {
            close();
            if (shot == null) {
                // Between two requests a server may close its end whenever it likes.
                return null;
            }
            throw new IOException("the connection ended before the answer");
        }
        var known = answer;
        if (known != null) {
            missing -= in.position();
            in.clear();
            return missing <= 0 ? known : null;
        }
        int head = headEnd();
        if (head < 0) {
            if (!in.hasRemaining()) {
                throw new IOException("the head of the answer is too long");
            }
            return null;
        }
        known = Answer.of(in.array(), head);
        if (known.length() < 0) {
            throw new IOException("the answer does not tell its length");
        }
        answer = known;
        missing = known.length() - (in.position() - head - 4);
        in.clear();
        return missing <= 0 ? known : null;
    }

    private int headEnd() {
        var bytes = in.array();
        int last = in.position() - 3;
        for (int i = searched; i < last; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n' && bytes[i + 2] == '\r' && bytes[i + 3] == '\n') {
                return i;
            }
        }
        searched = Math.max(0, last);
        return -1;
    }

    /** The answer has been dealt with; the client is free. */
    void done() {
        var given = answer;
        if (given == null || given.last()) {
            close();
        }
        shot = null;
    }

    void close() {
        var open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It is of no use any more either way.
            }
        }
    }
}
