package lanyard.local.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * One of Lanyard's own events, a <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md">CloudEvent 1.0</a>
 * as read from the topic {@code lanyard.credentials}. Reading is lenient, since it is for eyes: what is no such event has the type
 * {@code unreadable}.
 *
 * @param raw the record's value, as it is
 * @param cluster the cluster's UUID
 */
public record CredentialEvent(String raw, String type, String cluster, Instant time, JsonNode data) {
    public static final String PROVISIONED = "credential.provisioned";
    public static final String FAILED = "credential.failed";
    public static final String READY = "credential.ready";
    public static final String ISSUED = "token.issued";
    public static final String REVOKED = "credential.revoked";
    static final String LISTED = "cluster.listed";
    public static final String RETRY = "retry.requested";
    public static final String ROTATION = "rotation.requested";
    public static final String SWEEP = "sweep.requested";
    public static final String SWEPT = "sweep.finished";
    public static final String TOKEN_REFUSED = "token.refused";
    public static final String TOKEN_REVOKED = "token.revoked";

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    static CredentialEvent of(ConsumerRecord<String, String> kafkaRecord) {
        var raw = kafkaRecord.value() == null ? "" : kafkaRecord.value();
        var written = Instant.ofEpochMilli(kafkaRecord.timestamp());
        try {
            var event = PythonJson.read(raw);
            if (event.path("type").isTextual() && event.path("data").isObject()) {
                return new CredentialEvent(
                        raw,
                        event.path("type").asText(),
                        event.path("subject").asText(),
                        time(event.path("time").asText(), written),
                        event.path("data"));
            }
        } catch (UncheckedIOException e) {
            // It is told as unreadable below.
        }
        var key = kafkaRecord.key() == null ? "" : kafkaRecord.key();
        return new CredentialEvent(raw, "unreadable", key, written, MissingNode.getInstance());
    }

    private static Instant time(String text, Instant otherwise) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return otherwise;
        }
    }

    /** Of a {@code credential.ready}: which generation of the client credential is sealed in it. */
    public int generation() {
        return data.path("generation").asInt(0);
    }

    /** Of the event that tells of it: the generation of the client credential; 0 where none is told. */
    public int client() {
        return generation("client");
    }

    /** Of the event that tells of it: the generation of what stands behind the client credential in Keystone; 0 where none is told. */
    public int backend() {
        return generation("backend");
    }

    /** What was made says the key as well, what was wanted or failed is the generation alone. */
    private int generation(String which) {
        var told = data.path(which);
        return told.isObject() ? told.path("generation").asInt(0) : told.asInt(0);
    }

    /** What the grants of a {@code credential.provisioned} are for. */
    Set<String> purposes() {
        return StreamSupport.stream(data.path("grants").spliterator(), false)
                .map(grant -> grant.path("purpose").asText())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    public String purpose() {
        return data.path("purpose").asText();
    }

    /** Time of day and type. */
    public String headline() {
        return CLOCK.format(time) + "  " + printable(type);
    }

    /** Time of day, cluster, type and meaning. */
    public String line() {
        return CLOCK.format(time) + "  " + printable("%-36s  %-22s".formatted(cluster, type)) + "  " + meaning();
    }

    /** What happened, in a few words for a person. */
    public String meaning() {
        return printable(
                switch (type) {
                    case PROVISIONED ->
                        "%s grants %s (client %d, backend %d)"
                                .formatted(
                                        text("delegation"),
                                        each("grants", CredentialEvent::granted),
                                        client(),
                                        backend());
                    case FAILED -> text("reason") + ": " + text("message");
                    case READY ->
                        "for %s, generation %d, %s"
                                .formatted(text("purpose"), generation(), each("sealed", CredentialEvent::sealed));
                    case ISSUED ->
                        "for %s, from %s, until %s".formatted(text("purpose"), text("source"), text("expires"));
                    case REVOKED -> "trusts removed: %s, trustee: %s".formatted(text("trusts"), text("trustee"));
                    case LISTED ->
                        "the conductor has it, of %s in project %s".formatted(text("owner"), text("project"));
                    case RETRY -> "whoever has failed at it is to try again";
                    case ROTATION -> "wanted at least client %d, backend %d".formatted(client(), backend());
                    case SWEEP -> data.path("dry").asBoolean() ? "wanted, only to look" : "wanted";
                    case SWEPT -> new SweepReport(data).headline();
                    case TOKEN_REFUSED -> "%s, from %s".formatted(text("reason"), text("address"));
                    case TOKEN_REVOKED -> "for %s, from %s".formatted(text("purpose"), text("address"));
                    default -> raw.length() > 60 ? raw.substring(0, 60) + "…" : raw;
                });
    }

    /** A trust to the cluster's own user is the usual case and needs no word. */
    private static String granted(JsonNode grant) {
        var trustee = grant.path("trustee").asText("per-cluster");
        return words(grant.path("roles")) + (trustee.equals("per-cluster") ? "" : " to the " + trustee + "'s user");
    }

    /** The seal is long and tells an eye nothing: its beginning and its length do. */
    private static String sealed(JsonNode sealed) {
        var jwe = sealed.path("jwe").asText();
        return "sealed to %s (%s…, %d characters)"
                .formatted(
                        sealed.path("recipient").asText(), jwe.substring(0, Math.min(8, jwe.length())), jwe.length());
    }

    private String text(String field) {
        return data.path(field).asText();
    }

    private String each(String field, Function<JsonNode, String> meaning) {
        return StreamSupport.stream(data.path(field).spliterator(), false)
                .map(meaning)
                .collect(Collectors.joining("; "));
    }

    private static String words(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining(", "));
    }

    /** Whoever writes to the topic must not steer the reader's terminal. */
    public static String printable(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}]", "?");
    }
}
