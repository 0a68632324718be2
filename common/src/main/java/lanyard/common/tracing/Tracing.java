package lanyard.common.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.events.EventCodec;
import lanyard.common.events.TraceParent;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * The trace of each cluster's life: what was heard of it, each walk with its calls, what was told, and the first login at the door. The
 * one class that makes spans.
 *
 * <p>The trace's id is the cluster's (see {@link TraceParent}), so no span needs another one to belong there. Spans wait in a bounded
 * line for the collector; what has no place in it is dropped, and nobody waits.
 */
public final class Tracing implements AutoCloseable {
    /** Traces nothing. */
    public static final Tracing OFF = new Tracing(null, null);

    private static final Duration BETWEEN_EXPORTS = Duration.ofSeconds(1);
    private static final Duration LONGEST_EXPORT = Duration.ofSeconds(5);
    private static final Duration LAST_EXPORT = Duration.ofSeconds(2);

    private static final String CLUSTER = "lanyard.cluster";
    private static final String REQUEST = "lanyard.request";
    private static final String TOPIC = "messaging.destination.name";
    private static final String EVENT = "cloudevents.event_id";

    /** Whose trace a span begins that has no parent. */
    private static final ScopedValue<String> BEGINNING = ScopedValue.newInstance();

    private final @Nullable SdkTracerProvider provider;
    private final @Nullable Tracer tracer;
    private final @Nullable LastHeard lastHeard;

    /** The walks that go on in this process. What they commit is appended to the outbox on other threads than their own. */
    private final Map<String, TraceParent> walks = new ConcurrentHashMap<>();

    private Tracing(@Nullable SdkTracerProvider provider, @Nullable LastHeard lastHeard) {
        this.provider = provider;
        this.tracer = provider == null ? null : provider.get("lanyard");
        this.lastHeard = lastHeard;
    }

    /**
     * Traces to a collector.
     *
     * @throws IllegalArgumentException when it can't be the URL of one
     */
    static Tracing to(URI collector, String service, String version, Pool database) {
        var scheme = collector.getScheme();
        if (collector.getHost() == null
                || !("http".equals(scheme) || "https".equals(scheme))
                || collector.getRawUserInfo() != null
                || collector.getRawQuery() != null) {
            throw new IllegalArgumentException(
                    "LANYARD_TRACING_URL must be an http or https URL such as http://collector:4318");
        }
        var exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(collector.toString().replaceFirst("/+$", "") + "/v1/traces")
                .setTimeout(LONGEST_EXPORT)
                .build();
        var resource = Resource.getDefault()
                .merge(Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.namespace"), "lanyard",
                        AttributeKey.stringKey("service.name"), service,
                        AttributeKey.stringKey("service.version"), version)));
        var provider = SdkTracerProvider.builder()
                .setResource(resource)
                .setIdGenerator(new ClusterIds())
                .setSampler(Sampler.alwaysOn())
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setScheduleDelay(BETWEEN_EXPORTS)
                        .build())
                .build();
        return new Tracing(provider, new LastHeard(database));
    }

    /** A trace that begins has its cluster's id. */
    private static final class ClusterIds implements IdGenerator {
        private final IdGenerator random = IdGenerator.random();

        @Override
        public String generateSpanId() {
            return random.generateSpanId();
        }

        @Override
        public String generateTraceId() {
            return TraceParent.traceId(BEGINNING.get());
        }
    }

    /** Whether anything is traced. */
    public boolean isOn() {
        return tracer != null;
    }

    /** The conductor told something of a cluster: that is where a trace begins, or goes on after a silence. */
    public OpenSpan hears(String topic, ClusterNotification told, @Nullable String request) {
        // Anybody may name clusters on the bus, also the nil UUID.
        if (tracer == null || !TraceParent.isTraceable(told.cluster())) {
            return OpenSpan.NONE;
        }
        var span = tracer.spanBuilder("hear magnum.cluster." + lower(told.action()))
                .setSpanKind(SpanKind.CONSUMER)
                .setAttribute("lanyard.outcome", lower(told.outcome()))
                .setAttribute(TOPIC, topic);
        if (request != null) {
            span.setAttribute(REQUEST, request);
        }
        return open(span, told.cluster(), null, request);
    }

    /** An event of ours is heard. */
    public OpenSpan hears(String topic, byte @Nullable [] event) {
        return passes("hear ", SpanKind.CONSUMER, topic, event);
    }

    /** A message of the outbox goes out. */
    public OpenSpan sends(String topic, byte[] message) {
        return passes("send ", SpanKind.PRODUCER, topic, message);
    }

    private OpenSpan passes(String does, SpanKind kind, String topic, byte @Nullable [] message) {
        var event = tracer == null ? null : EventCodec.outline(message);
        if (tracer == null || event == null) {
            return OpenSpan.NONE;
        }
        var span = tracer.spanBuilder(does + event.type())
                .setSpanKind(kind)
                .setAttribute(TOPIC, topic)
                .setAttribute(EVENT, event.id());
        return open(span, event.cluster(), event.traceparent(), null);
    }

    /** Keeps where in their traces these were heard, in the session in which what they say becomes rows. */
    public Uni<Void> keep(Mutiny.Session session, List<OpenSpan> heard) {
        return lastHeard == null ? Uni.createFrom().voidItem() : lastHeard.keep(session, heard);
    }

    /** A worker's walk for a cluster, which goes on from what was heard of it last. Its lines in the log say whose they are. */
    public void walk(String cluster, int attempt, Consumer<OpenSpan> work) {
        if (tracer == null || lastHeard == null || !TraceParent.isTraceable(cluster)) {
            LogFields.during(cluster, null, () -> work.accept(OpenSpan.NONE));
            return;
        }
        var heard = lastHeard.find(cluster);
        LogFields.during(cluster, heard.request(), () -> {
            var span = start(
                    tracer.spanBuilder("reconcile").setAttribute("lanyard.attempt", attempt), cluster, heard.parent());
            var place = new TraceParent(cluster, span.getSpanContext().getSpanId());
            walks.put(cluster, place);
            try (var _ = span.makeCurrent()) {
                work.accept(new OpenSpan(cluster, null, span));
            } finally {
                // Whoever has lost the lease to another walk in this process leaves that one its place.
                walks.remove(cluster, place);
                span.end();
            }
        });
    }

    /** Where what is told of a cluster now is told from; {@code null} if no walk for it goes on here. */
    public @Nullable TraceParent walking(String cluster) {
        return walks.get(cluster);
    }

    /** Calls another system, which has a span if it is done in a walk. */
    public <T> T call(String name, Function<OpenSpan, T> call) {
        if (tracer == null || !Span.current().getSpanContext().isValid()) {
            return call.apply(OpenSpan.NONE);
        }
        var span = tracer.spanBuilder(name).setSpanKind(SpanKind.CLIENT).startSpan();
        try (var _ = span.makeCurrent()) {
            return call.apply(new OpenSpan("", null, span));
        } finally {
            span.end();
        }
    }

    /** Has what is done on another thread count as done in the walk that goes on. */
    public static Runnable inThisWalk(Runnable work) {
        return Context.current().wrap(work);
    }

    /** A login at the door that has just ended well. */
    public void loggedIn(TraceParent ready, Duration took, String purpose, String source, String request) {
        if (tracer == null) {
            return;
        }
        var now = Instant.now();
        var span = tracer.spanBuilder("first login")
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(now.minus(took))
                .setAttribute("lanyard.purpose", purpose)
                .setAttribute("lanyard.source", source)
                .setAttribute(REQUEST, request);
        open(span, ready.cluster(), ready, request).end();
    }

    private static OpenSpan open(
            SpanBuilder builder, String cluster, @Nullable TraceParent parent, @Nullable String request) {
        return new OpenSpan(cluster, request, start(builder, cluster, parent));
    }

    private static Span start(SpanBuilder builder, String cluster, @Nullable TraceParent parent) {
        builder.setAttribute(CLUSTER, cluster);
        if (parent == null) {
            return ScopedValue.where(BEGINNING, cluster)
                    .call(() -> builder.setNoParent().startSpan());
        }
        var remote = SpanContext.createFromRemoteParent(
                TraceParent.traceId(cluster), parent.span(), TraceFlags.getSampled(), TraceState.getDefault());
        return builder.setParent(Context.root().with(Span.wrap(remote))).startSpan();
    }

    private static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }

    /** Sends what is still in line, if the collector takes it at once. */
    @Override
    public void close() {
        if (provider != null) {
            provider.shutdown().join(LAST_EXPORT.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
