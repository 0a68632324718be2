package lanyard.benchmarks.skip;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import lanyard.local.stack.Home;
import lanyard.local.stack.Stack;
import lanyard.local.terminal.Trouble;

/** One service that reads the conductor's notifications, looked at from outside: how many it has passed over, and its CPU. */
record Reader(String service, Home home, URI metrics) {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static Reader of(String service, Home home) {
        var url = home.env("LANYARD_" + service.toUpperCase(Locale.ROOT) + "_URL");
        return new Reader(service, home, URI.create(url).resolve("/q/metrics"));
    }

    /** How many it has passed over since it was started. */
    long skipped() {
        try {
            return (long) HTTP.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("lanyard_messages_total{"))
                    .filter(line -> line.contains("result=\"ignored\"") && line.contains("topic=\"notifications."))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        } catch (IOException e) {
            throw new Trouble("the " + service + " does not answer", "look at " + home.log(service), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted", "run the command again", e);
        }
    }

    /** All that its process has used since it was started, in seconds. */
    double cpu() {
        var process = Stack.process(home, service);
        if (process == null) {
            throw new Trouble("the " + service + " has died", "look at " + home.log(service));
        }
        return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }
}
