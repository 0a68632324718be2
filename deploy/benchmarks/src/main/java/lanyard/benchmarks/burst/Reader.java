package lanyard.benchmarks.burst;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import lanyard.local.stack.Home;
import lanyard.local.stack.Parts;
import lanyard.local.stack.Stack;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/** One service that reads the conductor's notifications, looked at from outside: its rows, and the memory that it has. */
final class Reader {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final String service;
    private final Home home;
    private final Connection database;
    private final URI metrics;
    private final String table;
    private long heap;
    private @Nullable Double allRead;
    private @Nullable Double deleteRead;

    Reader(String service, Home home, Connection database) {
        this.service = service;
        this.home = home;
        this.database = database;
        this.metrics = URI.create(home.env("LANYARD_" + service.toUpperCase(Locale.ROOT) + "_URL"))
                .resolve("/q/metrics");
        this.table = Parts.role(service) + ".cluster";
    }

    /**
     * Notes how far it is.
     *
     * @param seconds since the creates began to be emitted
     * @param clusters how many rows there will be
     * @param deleted the cluster that is deleted behind them
     */
    void look(double seconds, int clusters, String deleted) {
        heap = Math.max(heap, heapInUse());
        if (deleteRead == null && count("cluster = '" + deleted + "' and phase = 'ABSENT'") > 0) {
            deleteRead = seconds;
        }
        if (allRead == null && count("true") >= clusters) {
            allRead = seconds;
        }
    }

    boolean isDone() {
        return allRead != null && deleteRead != null;
    }

    /** When it had taken all creates into rows; NaN if that was not seen. */
    double allRead() {
        return allRead == null ? Double.NaN : allRead;
    }

    /** When the delete was in its row; NaN if that was not seen. */
    double deleteRead() {
        return deleteRead == null ? Double.NaN : deleteRead;
    }

    /** The most of the heap that was seen in use, garbage included. */
    long heap() {
        return heap;
    }

    /** The most that the process ever had of the machine's memory. */
    long resident() {
        var process = Stack.process(home, service);
        if (process == null) {
            throw new Trouble("the " + service + " has died", "look at " + home.log(service));
        }
        try (var lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new Trouble("the " + service + " has died", "look at " + home.log(service), e);
        }
    }

    private long count(String condition) {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery("select count(*) from " + table + " where " + condition)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new Trouble("the database does not answer (" + e.getMessage() + ")", "look at its log", e);
        }
    }

    private long heapInUse() {
        try {
            return (long) HTTP.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        } catch (IOException e) {
            throw new Trouble("the " + service + " does not answer", "look at " + home.log(service), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted", "run the command again", e);
        }
    }
}
