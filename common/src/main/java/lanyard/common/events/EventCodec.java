package lanyard.common.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.time.Instant;
import java.util.stream.Collectors;
import lanyard.common.events.wire.Reason;
import lanyard.common.events.wire.Refusal;
import lanyard.common.events.wire.Shape;
import lanyard.common.events.wire.Shape.Misfit;
import lanyard.common.events.wire.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * Our events to bytes and back: CloudEvents 1.0, structured mode, JSON.
 *
 * <p>The same event gives the same bytes. Reading is as wary as with the conductor's notifications, since a topic can be written
 * to by others, and forward compatible: unknown types and unknown revisions of a known type are ignored, unknown fields are passed
 * over, and an unknown word where one of a closed list is expected is read as that list's {@code UNKNOWN}. So a newer service
 * never makes an older one lose an event that it must act on: a revocation counts whatever became of the trustee.
 */
public final class EventCodec {
    /** The content type of what is written, for the record's header. */
    public static final String CONTENT_TYPE = "application/cloudevents+json";

    private static final JsonMapper JSON = mapper();

    private EventCodec() {}

    /**
     * The event in its envelope.
     *
     * @param id of the event, unique for its source
     * @param source {@code /lanyard/<service>}
     */
    public static byte[] write(CredentialEvent event, String id, String source, Instant time) {
        return write(event, id, source, time, null);
    }

    /**
     * As the other.
     *
     * @param traceparent where in the cluster's trace it is told; {@code null} if nobody traces that
     */
    public static byte[] write(
            CredentialEvent event, String id, String source, Instant time, @Nullable TraceParent traceparent) {
        var saysUnknown =
                switch (event) {
                    case CredentialFailed failed -> failed.reason() == FailureReason.UNKNOWN;
                    case CredentialRevoked revoked -> revoked.trustee() == CredentialRevoked.TrusteeFate.UNKNOWN;
                    case TokenIssued issued -> issued.source() == TokenIssued.Source.UNKNOWN;
                    case CredentialProvisioned provisioned ->
                        provisioned.grants().stream().anyMatch(grant -> grant.trustee() == Trusteeship.UNKNOWN);
                    case SweepFinished finished -> finished.saysUnknown();
                    case ClusterListed _,
                            CredentialReady _,
                            RetryRequested _,
                            RotationRequested _,
                            SweepRequested _,
                            TokenRefused _,
                            TokenRevoked _ -> false;
                };
        if (saysUnknown) {
            throw new Misfit("UNKNOWN is what newer words are read as, and is not written");
        }
        try {
            return JSON.writeValueAsBytes(CloudEvent.of(event, id, source, time, traceparent));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event that was checked can't be written", e);
        }
    }

    /** What a record's value says. Never throws. A record without a value says nothing. */
    public static Read read(byte @Nullable [] body) {
        if (body == null) {
            return new Read.Ignored();
        }
        try {
            return understood(StrictJson.<JsonNode>read(StrictJson.text(body), JSON::readTree));
        } catch (Refusal refusal) {
            return new Read.Rejected(refusal.reason(), refusal.detail());
        }
    }

    private static Read understood(JsonNode event) throws Refusal {
        if (!text(event, "specversion").equals(CloudEvent.SPECVERSION)) {
            throw new Refusal(Reason.BAD_ENVELOPE, "specversion is not " + CloudEvent.SPECVERSION);
        }
        var id = text(event, "id");
        var source = text(event, "source");
        var type = text(event, "type");
        var known = dataOf(type);
        if (known == null || !text(event, "dataschema").equals(CloudEvent.dataschema(type))) {
            return new Read.Ignored();
        }
        if (!text(event, "datacontenttype").equals(CloudEvent.DATA_CONTENT_TYPE)) {
            throw new Refusal(Reason.BAD_ENVELOPE, "datacontenttype is not " + CloudEvent.DATA_CONTENT_TYPE);
        }
        requireShape(Shape.TOKEN, "id", id, Reason.BAD_ENVELOPE);
        requireShape(Shape.SOURCE, "source", source, Reason.BAD_ENVELOPE);
        var time = time(text(event, "time"));
        var subject = text(event, "subject");
        requireShape(Shape.CLUSTER, "subject", subject, Reason.BAD_CLUSTER_ID);
        var data = data(event.path("data"), known);
        if (!data.cluster().equals(subject)) {
            throw new Refusal(Reason.CONTRADICTION, "subject and data.cluster name different clusters");
        }
        return new Read.Event(data, id, time, source);
    }

    /** What a trace says of an event; {@code null} where it is none, or is about no one cluster. Never throws. */
    public static @Nullable Outline outline(byte @Nullable [] body) {
        if (body == null) {
            return null;
        }
        try {
            var event = StrictJson.<JsonNode>read(StrictJson.text(body), JSON::readTree);
            var type = text(event, "type");
            var id = text(event, "id");
            var cluster = text(event, "subject");
            return dataOf(type) != null && Shape.TOKEN.fits(id) && TraceParent.isTraceable(cluster)
                    ? new Outline(
                            type,
                            id,
                            cluster,
                            TraceParent.read(event.path("traceparent").textValue(), cluster))
                    : null;
        } catch (Refusal refusal) {
            return null;
        }
    }

    private static @Nullable Class<? extends CredentialEvent> dataOf(String type) {
        return switch (type) {
            case ClusterListed.TYPE -> ClusterListed.class;
            case CredentialProvisioned.TYPE -> CredentialProvisioned.class;
            case CredentialFailed.TYPE -> CredentialFailed.class;
            case CredentialReady.TYPE -> CredentialReady.class;
            case TokenIssued.TYPE -> TokenIssued.class;
            case CredentialRevoked.TYPE -> CredentialRevoked.class;
            case RetryRequested.TYPE -> RetryRequested.class;
            case RotationRequested.TYPE -> RotationRequested.class;
            case SweepFinished.TYPE -> SweepFinished.class;
            case SweepRequested.TYPE -> SweepRequested.class;
            case TokenRefused.TYPE -> TokenRefused.class;
            case TokenRevoked.TYPE -> TokenRevoked.class;
            default -> null;
        };
    }

    private static String text(JsonNode event, String attribute) throws Refusal {
        var value = event.path(attribute);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw new Refusal(Reason.BAD_ENVELOPE, attribute + " is missing or no text");
        }
        return value.textValue();
    }

    private static void requireShape(Shape shape, String attribute, String value, Reason reason) throws Refusal {
        if (!shape.fits(value)) {
            throw new Refusal(reason, shape.misfit(attribute, value));
        }
    }

    private static Instant time(String text) throws Refusal {
        try {
            return Rfc3339.parse("time", text);
        } catch (Misfit e) {
            throw new Refusal(Reason.BAD_ENVELOPE, e.detail());
        }
    }

    private static CredentialEvent data(JsonNode data, Class<? extends CredentialEvent> type) throws Refusal {
        if (!data.isObject()) {
            throw new Refusal(Reason.BAD_DATA, "data is no object");
        }
        try {
            return JSON.treeToValue(data, type);
        } catch (JsonMappingException e) {
            throw new Refusal(Reason.BAD_DATA, detail(e));
        } catch (JsonProcessingException | RuntimeException e) {
            throw new Refusal(Reason.BAD_DATA, "data can't be read");
        }
    }

    /** Our own checks say what is wrong; Jackson's messages quote the content, so of those only the place is told. */
    private static String detail(JsonMappingException e) {
        var path = e.getPath().stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                .collect(Collectors.joining("", "data", ""));
        return e.getCause() instanceof Misfit misfit
                ? path + ": " + misfit.detail()
                : path + " is missing or of another type than its schema says";
    }

    private static JsonMapper mapper() {
        var json = JsonMapper.builder()
                .addModule(Rfc3339.module())
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .build();
        for (var shape : new CoercionInputShape[] {
            CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean
        }) {
            json.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
        }
        return json;
    }
}
