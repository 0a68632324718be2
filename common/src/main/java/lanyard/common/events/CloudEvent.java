package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import lanyard.common.events.wire.Shape;
import org.jspecify.annotations.Nullable;

/**
 * A CloudEvents 1.0 event in structured mode, as it is written: the fields and their order are those on the wire.
 *
 * <p>See the CloudEvents specification 1.0.2 and its JSON event format. {@code dataschema} names the schema that {@code data}
 * adheres to; an incompatible change of the data would get another one.
 */
@JsonPropertyOrder({
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "traceparent",
    "data"
})
record CloudEvent(
        String specversion,
        String id,
        String source,
        String type,
        String subject,
        Instant time,
        String datacontenttype,
        String dataschema,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String traceparent,
        CredentialEvent data) {
    static final String SPECVERSION = "1.0";
    static final String DATA_CONTENT_TYPE = "application/json";

    static CloudEvent of(
            CredentialEvent data, String id, String source, Instant time, @Nullable TraceParent traceparent) {
        return new CloudEvent(
                SPECVERSION,
                Shape.TOKEN.require("id", id),
                Shape.SOURCE.require("source", source),
                data.type(),
                data.cluster(),
                Rfc3339.require("time", time),
                DATA_CONTENT_TYPE,
                dataschema(data.type()),
                traceparent == null ? null : traceparent.toString(),
                data);
    }

    static String dataschema(String type) {
        return "urn:lanyard:" + type + ":1";
    }
}
