package lanyard.local.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class CredentialEventTest {
    private static final String CLUSTER = "11111111-2222-4333-8444-555555555555";

    @Test
    void tellsWhatHappenedInOneLine() {
        assertThat(event(
                                "credential.provisioned",
                                "{\"delegation\":\"project-trust\",\"grants\":[{\"roles\":[\"member\",\"reader\"]}]}")
                        .meaning())
                .isEqualTo("project-trust grants member, reader");
        assertThat(event("credential.failed", "{\"reason\":\"no-roles\",\"message\":\"the owner\\nhas none\"}")
                        .meaning())
                .isEqualTo("no-roles: the owner?has none");
        assertThat(event(
                                "credential.ready",
                                "{\"purpose\":\"registry\",\"sealed\":[{\"recipient\":\"conductor\",\"jwe\":\"eyJhbGciOiJ\"}]}")
                        .meaning())
                .isEqualTo("for registry, sealed to conductor (eyJhbGci…, 11 characters)");
        assertThat(event("credential.revoked", "{\"trusts\":2,\"trustee\":\"removed\"}")
                        .line())
                .contains("credential.revoked")
                .contains(CLUSTER)
                .endsWith("trusts removed: 2, trustee: removed");
    }

    @Test
    void anythingElseIsShownAsUnreadableAndCannotSteerTheTerminal() {
        for (var raw : new String[] {"\u001b[2J", "{}", "[1]", "", "{\"type\":1}", "{\"type\":\"credential.ready\"}"}) {
            var event = CredentialEvent.of(new ConsumerRecord<>(CredentialEvents.TOPIC, 0, 0, CLUSTER, raw));
            assertThat(event.type()).isEqualTo("unreadable");
            assertThat(event.cluster()).isEqualTo(CLUSTER);
            assertThat(event.line()).doesNotContain("\u001b");
        }
    }

    @Test
    void theMailboxPrefersTheHighestGenerationAndAFailureCountsOnlyWhileNothingIsReady() {
        var mailbox = new CredentialMailbox(CLUSTER, "cloud-provider");
        mailbox.take(event("credential.failed", "{\"reason\":\"later\"}"));
        assertThat(mailbox.failed()).isNotNull();
        mailbox.take(event("credential.ready", "{\"purpose\":\"cloud-provider\",\"generation\":2}"));
        mailbox.take(event("credential.ready", "{\"purpose\":\"cloud-provider\",\"generation\":1}"));
        mailbox.take(event("credential.ready", "{\"purpose\":\"registry\",\"generation\":9}"));
        assertThat(mailbox.failed()).isNull();
        assertThat(mailbox.ready().generation()).isEqualTo(2);
        assertThat(mailbox.otherPurposes()).containsExactly("registry");
        assertThat(mailbox.revoked()).isNull();
        mailbox.take(event("credential.revoked", "{}"));
        assertThat(mailbox.revoked()).isNotNull();
    }

    private static CredentialEvent event(String type, String data) {
        return new CredentialEvent("", type, CLUSTER, Instant.EPOCH, PythonJson.read(data));
    }
}
