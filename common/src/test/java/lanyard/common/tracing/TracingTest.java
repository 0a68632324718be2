package lanyard.common.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.conductor.ClusterNotification.Action;
import lanyard.common.conductor.ClusterNotification.Outcome;
import lanyard.common.database.Transactions;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.EventCodec;
import lanyard.common.events.RetryRequested;
import lanyard.common.events.TraceParent;
import lanyard.common.reconcile.ByHand;
import lanyard.common.reconcile.Database;
import lanyard.common.testing.RealParts;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces to a collector that is away, which stops nobody. That spans arrive where one is, the acceptance tests see. */
@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class TracingTest {
    private static final URI NOBODY = URI.create("http://127.0.0.1:9");

    @Inject
    Pool pool;

    @Inject
    Transactions transactions;

    @Inject
    Database database;

    private Tracing tracing;
    private String cluster;

    @BeforeEach
    void start() {
        database.empty();
        tracing = Tracing.to(NOBODY, "common", "0", pool);
        cluster = database.makeDue(1).getFirst();
    }

    @AfterEach
    void stop() {
        tracing.close();
    }

    @Test
    void a_walk_goes_on_from_what_was_heard_last_and_its_lines_are_about_the_cluster_and_the_last_known_request() {
        var first = heard(Action.CREATE, "req-1");
        var last = heard(Action.UPDATE, null);
        keep(first, last);

        tracing.walk(cluster, 1, walk -> {
            assertThat(new LastHeard(pool).find(cluster)).isEqualTo(new LastHeard.Place(last.place(), "req-1"));
            assertThat(walk.place()).isNotNull().isNotEqualTo(last.place());
            assertThat(tracing.walking(cluster)).isEqualTo(walk.place());
            assertThat(MDC.get("cluster")).isEqualTo(cluster);
            assertThat(MDC.get("traceId")).isEqualTo(cluster.replace("-", ""));
            assertThat(MDC.get("requestId")).isEqualTo("req-1");
        });
        assertThat(tracing.walking(cluster)).isNull();
        assertThat(Stream.of("cluster", "traceId", "requestId").map(MDC::get)).containsOnlyNulls();
    }

    @Test
    void what_is_heard_later_takes_the_place_of_what_was_kept() {
        keep(heard(Action.CREATE, "req-1"));
        var later = heard(Action.DELETE, "req-2");
        keep(later);
        assertThat(new LastHeard(pool).find(cluster)).isEqualTo(new LastHeard.Place(later.place(), "req-2"));
    }

    @Test
    void of_a_cluster_that_has_no_row_nothing_is_kept() {
        var stranger = UUID.randomUUID().toString();
        keep(tracing.hears("topic", EventCodec.write(new RetryRequested(stranger), "id", "/lanyard/x", Instant.EPOCH)));
        assertThat(database.count("trace", "cluster = $1", stranger)).isZero();
    }

    @Test
    void the_nil_uuid_has_no_trace_and_is_worked_on_like_any_other() {
        cluster = CredentialEvent.NO_CLUSTER;
        assertThat(heard(Action.CREATE, "req-1").place()).isNull();
        keep(heard(Action.CREATE, "req-1"));
        var walked = new AtomicReference<OpenSpan>();
        tracing.walk(cluster, 1, walked::set);
        assertThat(walked.get().place()).isNull();
    }

    @Test
    void a_walk_that_throws_is_over_all_the_same() {
        assertThatThrownBy(() -> tracing.walk(cluster, 1, walk -> {
                    throw new IllegalStateException("on purpose");
                }))
                .hasMessage("on purpose");
        assertThat(tracing.walking(cluster)).isNull();
        assertThat(MDC.get("cluster")).isNull();
    }

    @Test
    void an_event_of_another_trace_begins_anew_in_the_clusters_own() {
        var forged = new String(
                        EventCodec.write(
                                new RetryRequested(cluster),
                                "id",
                                "/lanyard/x",
                                Instant.EPOCH,
                                new TraceParent(cluster, "00f067aa0ba902b7")),
                        StandardCharsets.UTF_8)
                .replace(cluster.replace("-", ""), "4bf92f3577b34da6a3ce929d0e0e4736");
        var span = tracing.hears("topic", forged.getBytes(StandardCharsets.UTF_8));
        assertThat(span.place()).isNotNull();
        assertThat(span.place().cluster()).isEqualTo(cluster);
    }

    @Test
    void without_a_collector_nothing_is_kept_and_the_lines_still_name_cluster_and_trace() {
        var traceId = new AtomicReference<@Nullable Object>();
        Tracing.OFF.walk(cluster, 1, walk -> traceId.set(MDC.get("traceId")));
        assertThat(traceId).hasValue(cluster.replace("-", ""));
        keep(Tracing.OFF, Tracing.OFF.hears("topic", told(Action.CREATE), "req-1"));
        assertThat(database.count("trace", "cluster = $1", cluster)).isZero();
        assertThat(Tracing.OFF.walking(cluster)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "collector:4318",
                "ftp://collector",
                "http:///v1",
                "http://user:secret@collector",
                "http://collector?token=secret"
            })
    void what_is_no_collectors_url_is_refused_at_the_start_by_the_name_of_its_setting(String url) {
        assertThatThrownBy(() -> Tracing.to(URI.create(url), "common", "0", pool))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("LANYARD_TRACING_URL")
                .hasMessageNotContaining("secret");
    }

    private OpenSpan heard(Action action, @Nullable String request) {
        return tracing.hears("topic", told(action), request);
    }

    private ClusterNotification told(Action action) {
        return new ClusterNotification(cluster, action, Outcome.PENDING, "project", null);
    }

    private void keep(OpenSpan... heard) {
        keep(tracing, heard);
    }

    private void keep(Tracing where, OpenSpan... heard) {
        transactions.call(session -> where.keep(session, List.of(heard)));
        Stream.of(heard).forEach(OpenSpan::end);
    }
}
