package lanyard.benchmarks.load;

import static lanyard.benchmarks.load.TinyServer.answer;
import static lanyard.benchmarks.load.TinyServer.token;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadTest {
    private static final Request REQUEST =
            Request.post(URI.create("http://127.0.0.1:1/v3/auth/tokens"), "{\"auth\":{}}");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void in_a_closed_loop_everything_that_is_sent_is_counted_once_over_connections_that_stay() throws Exception {
        try (var server = new TinyServer(n -> token("x".repeat(n * 7919 % 70_000)))) {
            var tally = run(server, 8, Plan.closed(List.of(REQUEST), Duration.ofMillis(500)), PATIENCE);
            assertThat(tally.faults()).isEmpty();
            assertThat(tally.tokens()).isPositive().isEqualTo(server.requests());
            assertThat(server.connections()).isEqualTo(8);
            assertThat(tally.elapsed()).isGreaterThanOrEqualTo(Duration.ofMillis(400));
        }
    }

    @Test
    void each_request_goes_out_once_if_it_should() throws Exception {
        try (var server = new TinyServer(n -> token("{}"))) {
            var tally = once(server, 3, 100);
            assertThat(server.requests()).isEqualTo(100);
            assertThat(tally.tokens()).isEqualTo(100);
        }
    }

    @Test
    void whatever_is_no_201_with_a_token_is_a_fault_by_its_name() throws Exception {
        var answers = List.of(
                token("{}"),
                answer("503 Service Unavailable", "Retry-After: 1\r\n", "{}"),
                answer("401 Unauthorized", "X-Subject-Token: gAAAA\r\n", "{}"),
                answer("201 Created", "", "{}"),
                answer("201 Created", "X-Subject-Token: \r\n", "{}"),
                answer("200 OK", "X-Subject-Token: gAAAA\r\n", "{}"),
                "HTTP/1.1 201 Created\r\nX-Subject-Token: gAAAA\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "",
                token("{}"));
        try (var server = new TinyServer(answers::get)) {
            var tally = once(server, 1, answers.size());
            assertThat(tally.tokens()).isEqualTo(2);
            assertThat(tally.faults())
                    .isEqualTo(Map.of(
                            "HTTP 503", 1L,
                            "HTTP 401", 1L,
                            "HTTP 200", 1L,
                            "201 without a token", 2L,
                            "the answer does not tell its length", 1L,
                            "the connection ended before the answer", 1L));
            assertThat(tally.faulty()).isEqualTo(7);
        }
    }

    @Test
    void a_connection_that_the_server_closes_after_an_answer_is_replaced() throws Exception {
        try (var server =
                new TinyServer(n -> answer("201 Created", "X-Subject-Token: gAAAA\r\nConnection: close\r\n", "{}"))) {
            var tally = once(server, 1, 5);
            assertThat(tally.faults()).isEmpty();
            assertThat(tally.tokens()).isEqualTo(5);
            assertThat(server.connections()).isEqualTo(5);
        }
    }

    @Test
    void who_waits_too_long_for_an_answer_gives_up() throws Exception {
        try (var server = new TinyServer(n -> "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n")) {
            var tally = run(server, 1, Plan.once(List.of(REQUEST)), Duration.ofMillis(200));
            assertThat(tally.faults()).containsOnlyKeys("no answer in 0 s");
        }
    }

    /** Of the time it is only said that it can't have been less: a busy machine may take longer. */
    @Test
    void an_open_loop_sends_as_many_as_its_rate_says_and_none_before_its_time() throws Exception {
        try (var server = new TinyServer(n -> token("{}"))) {
            var tally = run(server, 4, Plan.open(List.of(REQUEST), 200, Duration.ofSeconds(1)), PATIENCE);
            assertThat(tally.faults()).isEmpty();
            assertThat(tally.tokens()).isEqualTo(200);
            assertThat(tally.elapsed()).isGreaterThanOrEqualTo(Duration.ofMillis(995));
        }
    }

    @Test
    void in_an_open_loop_a_latency_counts_from_when_the_request_was_to_be_sent() throws Exception {
        try (var server = new TinyServer(n -> {
            if (n == 0) {
                sleep(400);
            }
            return token("{}");
        })) {
            var tally = run(server, 1, Plan.open(List.of(REQUEST), 100, Duration.ofMillis(400)), PATIENCE);
            assertThat(tally.tokens()).isEqualTo(40);
            // The one client was kept for 400 ms: half of the requests waited 200 ms or more before they were sent.
            assertThat(tally.millis(50)).isGreaterThanOrEqualTo(190);
        }
    }

    @Test
    void in_a_stampede_who_is_told_to_wait_comes_back_and_waits_no_shorter() throws Exception {
        try (var server = new TinyServer(
                n -> n < 10 ? answer("503 Service Unavailable", "Retry-After: 1\r\n", "{}") : token("{}"))) {
            var tally = run(server, 10, Plan.stampede(Collections.nCopies(10, REQUEST)), PATIENCE);
            assertThat(tally.faults()).isEmpty();
            assertThat(tally.tokens()).isEqualTo(10);
            assertThat(tally.postponed()).isEqualTo(10);
            assertThat(tally.elapsed()).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void a_percentile_that_so_few_can_not_tell_is_not_told() {
        assertThat(of(99).millis(99)).isNaN();
        assertThat(of(100).millis(99)).isNotNaN();
        assertThat(of(990).millis(99.9)).isNaN();
        assertThat(of(1000).millis(99.9)).isNotNaN();
    }

    private static Tally of(int tokens) {
        var latencies = new Histogram(TimeUnit.SECONDS.toNanos(1), 3);
        latencies.recordValueWithCount(1_000, tokens);
        return new Tally(latencies, Map.of(), 0, Duration.ofSeconds(1));
    }

    private static Tally run(TinyServer server, int clients, Plan plan, Duration patience) throws IOException {
        try (var load = new Load(server.address(), clients, patience)) {
            return load.run(plan);
        }
    }

    private static Tally once(TinyServer server, int clients, int requests) throws IOException {
        return run(server, clients, Plan.once(Collections.nCopies(requests, REQUEST)), PATIENCE);
    }

    private static void sleep(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
