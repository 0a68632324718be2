package lanyard.common.conductor;

import static lanyard.common.conductor.Notification.changed;
import static lanyard.common.conductor.Notification.content;
import static lanyard.common.conductor.Notification.initiator;
import static lanyard.common.conductor.Notification.payload;
import static lanyard.common.conductor.Notification.target;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import lanyard.common.events.wire.Reason;
import lanyard.common.events.wire.StrictJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotificationParserTest {
    @Test
    void noBodySaysNothing() {
        assertThat(NotificationParser.parse(null)).isEqualTo(new Parsed.Ignored());
        assertThat(NotificationParser.parse(new byte[0])).isEqualTo(new Parsed.Ignored());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"event_type\": \"compute.instance.create.end\", \"payload\": {\"metadata\": {\"why\": \"magnum.cluster.create\"}}}",
                "{\"payload\": {\"note\": \"magnum.cluster.delete\"}, \"event_type\": \"port.create.end\"}",
                "{\"event_type\": \"identity.project.deleted\", \"payload\": {\"name\": \"magnum.cluster.delete\", cut off",
                "{\"event_type\": \"magnum.cluster.upgrade\", \"payload\": {}}",
                "{\"event_type\": \"magnum.cluster.rotate_ca\", \"payload\": {}}",
                "{\"event_type\": \"magnum.cluster.\", \"payload\": {}}",
                "{\"event_type\": \"magnum.cluster.created\", \"payload\": {}}",
                "{\"event_type\": \"magnum.cluster.CREATE\", \"payload\": {}}",
                "{\"event_type\": \" magnum.cluster.create\", \"payload\": {}}",
                "{\"event_type\": \"dev.magnum.cluster.create\", \"payload\": {}}",
                "{\"event_type\": \"compute.instance.update\", \"payload\": {}}",
                "nothing of ours, and no JSON either",
            })
    void othersNotificationsAreIgnored(String bare) {
        var enveloped = Notification.json("{\"oslo.version\": \"2.0\"}").put("oslo.message", bare);

        assertThat(NotificationParser.parse(bare.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Parsed.Ignored());
        assertThat(NotificationParser.parse(Notification.bytes(enveloped))).isEqualTo(new Parsed.Ignored());
    }

    @Test
    void othersNotificationsCostNothingButTheLookAtTheirBytes() {
        var body = Capture.kafka()
                .getFirst()
                .text()
                .replace("magnum.cluster", "compute.server")
                .getBytes(StandardCharsets.UTF_8);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < 1_000; i++) {
            assertThat(NotificationParser.parse(body)).isInstanceOf(Parsed.Ignored.class);
        }

        var before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
            NotificationParser.parse(body);
        }

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000L * 64);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "15", "16", "17", "31", "100"})
    void theMarkIsFoundWhereverItStands(int at) {
        var body = (".".repeat(at) + "magnum.cluster.").getBytes(StandardCharsets.UTF_8);

        assertThat(NotificationParser.parse(body)).isInstanceOf(Parsed.Rejected.class);
    }

    @Test
    void whoUpdatesOrDeletesIsNotTheOwner() {
        assertThat(understood(changed("update", "pending")).owner()).isNull();
        assertThat(understood(changed("delete", "pending")).owner()).isNull();
        assertThat(understood(changed("create", "success", m -> initiator(m).put("user_id", "a".repeat(32))))
                        .owner())
                .isNull();
    }

    @Test
    void aPendingCreateWithoutUserHasNoKnownOwner() {
        assertThat(understood(changed("create", "pending", m -> initiator(m).remove("user_id")))
                        .owner())
                .isNull();
        assertThat(understood(changed("create", "pending", m -> initiator(m).putNull("user_id")))
                        .owner())
                .isNull();
        assertThat(understood(changed("create", "pending", m -> payload(m).remove("initiator")))
                        .owner())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7de020f4013d4f81bb080153325bff93",
                "d5a8f3c07b2f4f81bb080153325bff937de020f4013d4f81bb080153325bff93",
                "913b9b74-c3ab-420c-90b4-1b22c1911a93",
                "j.doe@example.org",
                "svc_conductor"
            })
    void idsOfUsersHaveManyForms(String id) {
        assertThat(understood(changed("create", "pending", m -> initiator(m).put("user_id", id)))
                        .owner())
                .isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "../v3", "a\n", "a\u0000", "ä", "a?b", "a#b", "%61", "a;b", "a,b", "{a}"})
    void idsThatAreNoneAreRefused(String id) {
        assertThat(refused(changed("create", "pending", m -> initiator(m).put("user_id", id))))
                .isEqualTo(Reason.BAD_USER_ID);
        assertThat(refused(changed("create", "pending", m -> content(m).put("project_id", id))))
                .isEqualTo(Reason.BAD_PROJECT_ID);
        assertThat(refused(changed("delete", "pending", m -> target(m).put("id", id))))
                .isEqualTo(Reason.BAD_CLUSTER_ID);
    }

    @Test
    void idsAreBoundedAndText() {
        assertThat(refused(changed("create", "pending", m -> initiator(m).put("user_id", "a".repeat(65)))))
                .isEqualTo(Reason.BAD_USER_ID);
        assertThat(refused(changed("create", "pending", m -> initiator(m).put("user_id", 7))))
                .isEqualTo(Reason.BAD_USER_ID);
        assertThat(refused(changed("create", "pending", m -> initiator(m)
                        .putArray("user_id")
                        .add("a"))))
                .isEqualTo(Reason.BAD_USER_ID);
        assertThat(refused(changed("create", "pending", m -> content(m).put("project_id", "a".repeat(65)))))
                .isEqualTo(Reason.BAD_PROJECT_ID);
        assertThat(refused(changed("create", "pending", m -> content(m).put("project_id", true))))
                .isEqualTo(Reason.BAD_PROJECT_ID);
        assertThat(refused(changed("create", "pending", m -> target(m).putObject("id"))))
                .isEqualTo(Reason.BAD_CLUSTER_ID);
        assertThat(refused(changed("create", "pending", m -> target(m).remove("id"))))
                .isEqualTo(Reason.BAD_CLUSTER_ID);
    }

    @Test
    void aClustersIdGetsItsCanonicalForm() {
        var upper = changed("delete", "success", m -> target(m)
                .put("id", target(m).get("id").textValue().toUpperCase(Locale.ROOT)));

        assertThat(NotificationParser.parse(upper)).isEqualTo(NotificationParser.parse(changed("delete", "success")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "913b9b74c3ab420c90b41b22c1911a93",
                "{913b9b74-c3ab-420c-90b4-1b22c1911a93}",
                "913b9b74-c3ab-420c-90b4-1b22c1911a9",
                "913b9b74-c3ab-420c-90b4-1b22c1911a93 ",
                "913b9b74-c3ab-420c-90b4-1b22c1911a9g",
                "913b9b74-c3ab-420c-90b4-1b22c1911a\u0669\u0663"
            })
    void aClustersIdIsAWholeUuid(String id) {
        assertThat(refused(changed("delete", "success", m -> target(m).put("id", id))))
                .isEqualTo(Reason.BAD_CLUSTER_ID);
    }

    @Test
    void aDeleteIsNotLostForWantOfAProject() {
        assertThat(understood(changed("delete", "success", m -> target(m).remove("attachments")))
                        .project())
                .isNull();
        assertThat(understood(changed("delete", "success", m -> target(m).putArray("attachments")))
                        .project())
                .isNull();
        assertThat(understood(changed("delete", "pending", m -> content(m).put("project_id", "../x")))
                        .project())
                .isNull();
        assertThat(understood(changed("update", "pending", m -> content(m).put("project_id", 1)))
                        .project())
                .isNull();
    }

    @Test
    void aCreateNeedsAProject() {
        assertThat(refused(changed("create", "pending", m -> target(m).remove("attachments"))))
                .isEqualTo(Reason.BAD_PROJECT_ID);
        assertThat(refused(changed("create", "success", m -> content(m).putNull("project_id"))))
                .isEqualTo(Reason.BAD_PROJECT_ID);
    }

    @Test
    void onlyTheFirstAttachmentIsTheCluster() {
        var two = changed("create", "pending", m -> target(m)
                .withArray("attachments")
                .addObject()
                .putObject("content")
                .put("project_id", "another"));

        assertThat(NotificationParser.parse(two)).isEqualTo(NotificationParser.parse(changed("create", "pending")));
    }

    @Test
    void whatIsNotUsedMayBeAnything() {
        var odd = changed("create", "pending", m -> {
            m.put("priority", 7)
                    .put("publisher_id", false)
                    .putNull("message_id")
                    .putArray("_context")
                    .add(1.5);
            m.remove("timestamp");
            payload(m).putObject("observer").put("new", "thing");
            initiator(m).put("project_id", 12).put("domain_id", "../");
            content(m).put("status", 4).putObject("labels").put("x", "\ud83d\ude80");
            content(m).remove("docker_volume_size:");
        });

        assertThat(understood(odd)).isEqualTo(understood(changed("create", "pending")));
    }

    @Test
    void aRequestIdIsTakenIfItIsOneAndMissedByNothingElse() {
        for (var odd : new String[] {"", "x".repeat(65), "req-\n", "req 1"}) {
            var parsed = NotificationParser.parse(
                    changed("create", "pending", m -> m.putObject("_context").put("request_id", odd)));
            assertThat(parsed).isEqualTo(new Parsed.Cluster(understood(changed("create", "pending")), null));
        }
    }

    @Test
    void actionsAndOutcomesAreThoseThatAreKnown() {
        assertThat(refused(changed("create", "pending", m -> payload(m).put("outcome", "unknown"))))
                .isEqualTo(Reason.UNKNOWN_OUTCOME);
        assertThat(refused(changed("create", "pending", m -> payload(m).put("outcome", "PENDING"))))
                .isEqualTo(Reason.UNKNOWN_OUTCOME);
        assertThat(refused(changed("create", "pending", m -> payload(m).remove("outcome"))))
                .isEqualTo(Reason.UNKNOWN_OUTCOME);
        assertThat(refused(changed("create", "pending", m -> payload(m).put("action", "read"))))
                .isEqualTo(Reason.UNKNOWN_ACTION);
        assertThat(refused(changed("create", "pending", m -> m.putNull("payload"))))
                .isEqualTo(Reason.UNKNOWN_ACTION);
        assertThat(refused(changed("create", "pending", m -> payload(m).put("action", "delete"))))
                .isEqualTo(Reason.CONTRADICTION);
        assertThat(refused(changed("create", "pending", m -> m.put("event_type", "magnum.cluster.delete"))))
                .isEqualTo(Reason.CONTRADICTION);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "bad-envelope  | [\"magnum.cluster.create\"]",
                "bad-envelope  | \"magnum.cluster.create\"",
                "bad-envelope  | {\"what\": \"magnum.cluster.create\"}",
                "bad-envelope  | {\"event_type\": 1, \"payload\": \"magnum.cluster.create\"}",
                "bad-envelope  | {\"oslo.version\": \"2.0\", \"oslo.message\": {\"event_type\": \"magnum.cluster.create\"}}",
                "bad-envelope  | {\"oslo.version\": \"3.0\", \"oslo.message\": \"magnum.cluster.create\"}",
                "bad-envelope  | {\"oslo.message\": \"magnum.cluster.create\"}",
                "bad-envelope  | {\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"oslo.version\\\": \\\"2.0\\\", \\\"oslo.message\\\": \\\"magnum.cluster.create\\\"}\"}",
                "not-json      | {\"oslo.version\": \"2.0\", \"oslo.message\": \"magnum.cluster.create\"}",
                "not-json      | magnum.cluster.create",
                "not-json      | {\"event_type\": \"magnum.cluster.create\"",
                "not-json      | {\"event_type\": \"magnum.cluster.create\"}}",
                "not-json      | {\"event_type\": \"magnum.cluster.create\"}{}",
                "not-json      | {\"event_type\": \"magnum.cluster.create\"} true",
                "not-json      | {'event_type': 'magnum.cluster.create'}",
                "not-json      | {\"event_type\": \"magnum.cluster.create\",}",
                "not-json      | {\"event_type\": \"magnum.cluster.create\", \"x\": NaN}",
                "duplicate-key | {\"event_type\": \"magnum.cluster.create\", \"event_type\": \"magnum.cluster.delete\"}",
                "duplicate-key | {\"event_type\": \"magnum.cluster.create\", \"payload\": {\"x\": {\"a\": 1, \"\\u0061\": 2}}}"
            })
    void whatIsNoNotificationIsRefused(String label, String body) {
        assertThat(refused(body.getBytes(StandardCharsets.UTF_8)).label()).isEqualTo(label);
    }

    @Test
    void sizeAndDepthAreBounded() {
        assertThat(refused(changed("create", "pending", m -> content(m).put("status_reason", "x".repeat(2 << 20)))))
                .isEqualTo(Reason.TOO_LARGE);
        assertThat(understood(changed("create", "pending", m -> content(m).put("status_reason", "x".repeat(1 << 19)))))
                .isNotNull();
        assertThat(refused(nested("[", "]", StrictJson.DEEPEST + 1))).isEqualTo(Reason.TOO_DEEP);
        assertThat(refused(nested("{\"a\":", "}", StrictJson.DEEPEST + 1))).isEqualTo(Reason.TOO_DEEP);
        assertThat(refused(nested("[", "", 100_000))).isEqualTo(Reason.TOO_DEEP);
        assertThat(refused(bare("\"x\": 1" + "0".repeat(1_000)))).isEqualTo(Reason.TOO_LARGE);
        assertThat(refused(bare("\"" + "k".repeat(10_000) + "\": 1"))).isEqualTo(Reason.TOO_LARGE);
    }

    @Test
    void othersMessagesMayBeOfAnySize() {
        assertThat(NotificationParser.parse(new byte[8 << 20])).isEqualTo(new Parsed.Ignored());
    }

    @Test
    void aBodyIsUtf8() {
        var body = changed("create", "pending", m -> content(m).put("status_reason", "?"));
        body[new String(body, StandardCharsets.US_ASCII).indexOf('?')] = (byte) 0xff;

        assertThat(refused(body)).isEqualTo(Reason.NOT_UTF8);
    }

    private static byte[] nested(String open, String close, int depth) {
        return bare("\"x\": " + open.repeat(depth) + (close.equals("}") ? "1" : "") + close.repeat(depth));
    }

    private static byte[] bare(String more) {
        return ("{\"event_type\": \"magnum.cluster.create\", " + more + "}").getBytes(StandardCharsets.UTF_8);
    }

    private static ClusterNotification understood(byte[] body) {
        assertThat(NotificationParser.parse(body)).isInstanceOf(Parsed.Cluster.class);
        return ((Parsed.Cluster) NotificationParser.parse(body)).notification();
    }

    private static Reason refused(byte[] body) {
        assertThat(NotificationParser.parse(body)).isInstanceOf(Parsed.Rejected.class);
        return ((Parsed.Rejected) NotificationParser.parse(body)).reason();
    }
}
