package lanyard.common.testing;

import java.net.http.HttpClient;

/**
 * HTTP/1.1, as the clusters' clients speak it. Java's client would offer HTTP/2 with its first request on a plain connection, and a
 * Quarkus that takes the offer has been seen to answer so that Java misread it.
 */
public final class PlainHttp {
    private PlainHttp() {}

    public static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }
}
