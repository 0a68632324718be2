package lanyard.local.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;

/**
 * One record on the notification bus: an oslo.messaging envelope, whose {@code oslo.message} is JSON inside a JSON string.
 *
 * <p>The conductor's notifications are bodies recorded from Magnum 15 over oslo.messaging 14.0, whole; only ids, names, labels and
 * times are put in anew. Results ({@code success}, {@code failure}) are those of Magnum's periodic task, which has an admin
 * context: they name no user and no project of the initiator. The project is always in the cluster's own data.
 */
public record Notification(String topic, String body) {
    private static final String INFO = "notifications.info";
    private static final String ERROR = "notifications.error";

    /** As pycadf writes {@code eventTime}. */
    private static final DateTimeFormatter CADF_TIME = format("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'+0000'");
    /** As oslo.messaging writes {@code timestamp}. */
    private static final DateTimeFormatter OSLO_TIME = format("uuuu-MM-dd HH:mm:ss.SSSSSS");
    /** As oslo.versionedobjects writes {@code created_at}. */
    private static final DateTimeFormatter OBJECT_TIME = format("uuuu-MM-dd'T'HH:mm:ss.SSSSSS");

    /** What the conductor says when it has come so far with that action on that cluster. */
    public static Notification ofConductor(Action action, Outcome outcome, ToldCluster cluster, Instant now) {
        var envelope = recorded(action.word() + "-" + outcome.word());
        var message = message(envelope);
        stamp(message, now);
        var payload = object(message, "payload");
        payload.put("id", UUID.randomUUID().toString());
        payload.put("eventTime", CADF_TIME.format(now));
        object(payload, "observer").put("id", UUID.randomUUID().toString());
        putInitiator(object(payload, "initiator"), cluster);
        putTarget(object(payload, "target"), cluster, now);
        putContext(object(message, "_context"), cluster);
        return new Notification(outcome == Outcome.FAILURE ? ERROR : INFO, enclosed(envelope, message));
    }

    /** What another service says at the same time on the same bus: the {@code number} picks which one. */
    public static Notification ofAnotherService(int number, Instant now) {
        var envelope = recorded("other-" + (number % 3 == 0 ? "nova" : number % 3 == 1 ? "neutron" : "keystone"));
        var message = message(envelope);
        stamp(message, now);
        return new Notification(INFO, enclosed(envelope, message));
    }

    static ObjectNode recorded(String name) {
        var resource = "/lanyard/local/notifications/" + name + ".json";
        try (var in = Notification.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + resource);
            }
            return (ObjectNode) PythonJson.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ObjectNode message(JsonNode envelope) {
        return (ObjectNode) PythonJson.read(envelope.path("oslo.message").asText());
    }

    static String enclosed(ObjectNode envelope, ObjectNode message) {
        return PythonJson.write(envelope.put("oslo.message", PythonJson.write(message)));
    }

    private static void stamp(ObjectNode message, Instant now) {
        message.put("message_id", UUID.randomUUID().toString());
        message.put("timestamp", OSLO_TIME.format(now));
    }

    private static void putInitiator(ObjectNode initiator, ToldCluster cluster) {
        initiator.put("id", UUID.randomUUID().toString());
        replace(initiator, "user_id", cluster.owner().id());
        replace(initiator, "project_id", cluster.project().id());
    }

    private static void putTarget(ObjectNode target, ToldCluster cluster, Instant now) {
        target.put("id", cluster.uuid().toString());
        target.put("name", cluster.name());
        var content = (ObjectNode) target.path("attachments").path(0).path("content");
        content.put("project_id", cluster.project().id());
        replace(content, "created_at", OBJECT_TIME.format(now));
        replace(content, "updated_at", OBJECT_TIME.format(now));
        var labels = object(content, "labels");
        cluster.labels().forEach(labels::put);
    }

    private static void putContext(ObjectNode context, ToldCluster cluster) {
        context.put("request_id", "req-" + UUID.randomUUID());
        for (var field : new String[] {"user", "user_id"}) {
            replace(context, field, cluster.owner().id());
        }
        for (var field : new String[] {"project", "project_id"}) {
            replace(context, field, cluster.project().id());
        }
        replace(context, "user_name", cluster.owner().name());
        replace(context, "project_name", cluster.project().name());
        if (context.hasNonNull("user")) {
            context.put(
                    "user_identity",
                    "%s %s default - -"
                            .formatted(cluster.owner().id(), cluster.project().id()));
        }
    }

    /** Puts a new value where the recorded body has one; what was absent or null stays so. */
    private static void replace(ObjectNode in, String field, String value) {
        if (in.hasNonNull(field)) {
            in.put(field, value);
        }
    }

    private static ObjectNode object(JsonNode in, String field) {
        return (ObjectNode) in.path(field);
    }

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
    }
}
