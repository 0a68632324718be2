package lanyard.benchmarks.load;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A login, to the byte as it goes over the wire. */
public record Request(byte[] bytes) {
    /** {@code POST url}, with a body of JSON, over a connection that stays. */
    public static Request post(URI url, String json) {
        var body = json.getBytes(StandardCharsets.UTF_8);
        var head =
                """
                POST %s HTTP/1.1
                Host: %s
                User-Agent: lanyard-bench
                Accept: application/json
                Content-Type: application/json
                Content-Length: %d

                """
                        .formatted(url.getRawPath(), url.getRawAuthority(), body.length)
                        .replace("\n", "\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        var all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return new Request(all);
    }

    /** Where the server of a URL listens. */
    public static InetSocketAddress server(URI url) {
        return new InetSocketAddress(url.getHost(), url.getPort());
    }

    /** Without the bytes, which hold a secret. */
    @Override
    public String toString() {
        return "Request[" + bytes.length + " bytes]";
    }
}
