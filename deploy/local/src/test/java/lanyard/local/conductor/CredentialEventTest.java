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
                                """
                                {"delegation":"project-trust","client":{"generation":2,"key":"k"},"backend":{"generation":1,"key":"k"},
                                 "grants":[{"trustee":"per-cluster","roles":["member","reader"]},{"trustee":"issuer","roles":["reader"]}]}""")
                        .meaning())
                .isEqualTo("project-trust grants member, reader; reader to the issuer's user (client 2, backend 1)");
        assertThat(event("credential.failed", "{\"reason\":\"no-roles\",\"message\":\"the owner\\nhas none\"}")
                        .meaning())
                .isEqualTo("no-roles: the owner?has none");
        assertThat(event(
                                "credential.ready",
                                "{\"purpose\":\"registry\",\"generation\":3,\"sealed\":[{\"recipient\":\"conductor\",\"jwe\":\"eyJhbGciOiJ\"}]}")
                        .meaning())
                .isEqualTo("for registry, generation 3, sealed to conductor (eyJhbGci…, 11 characters)");
        assertThat(event("rotation.requested", "{\"client\":2,\"backend\":1}").meaning())
                .isEqualTo("wanted at least client 2, backend 1");
        assertThat(event("sweep.requested", "{\"dry\":true}").meaning()).isEqualTo("wanted, only to look");
        assertThat(event(
                                "sweep.finished",
                                "{\"outcome\":\"done\",\"ours\":9,\"foreign\":1,\"orphans\":[{\"fate\":\"removed\"}],\"more\":2}")
                        .meaning())
                .isEqualTo(
                        "done: 9 users and trusts in Keystone are Lanyard's, 1 are foreign and not touched, 3 orphans, 1"
                                + " of them removed");
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

    @Test
    void theMailboxWaitsForTheGenerationThatIsProvisionedAndForgetsTheFailureBeforeIt() {
        var mailbox = new CredentialMailbox(CLUSTER, "cloud-provider");
        mailbox.take(event("credential.provisioned", "{\"client\":{\"generation\":1},\"backend\":{\"generation\":1}}"));
        mailbox.take(event("credential.failed", "{\"reason\":\"token-refused\"}"));
        mailbox.take(event("credential.ready", "{\"purpose\":\"cloud-provider\",\"generation\":1}"));
        assertThat(mailbox.ready().generation()).isEqualTo(1);
        mailbox.take(event("credential.provisioned", "{\"client\":{\"generation\":2},\"backend\":{\"generation\":1}}"));
        assertThat(mailbox.ready()).isNull();
        assertThat(mailbox.failed()).isNull();
        mailbox.take(event("credential.ready", "{\"purpose\":\"cloud-provider\",\"generation\":2}"));
        mailbox.take(event("credential.provisioned", "{\"client\":{\"generation\":2},\"backend\":{\"generation\":2}}"));
        assertThat(mailbox.ready().generation()).isEqualTo(2);
    }

    private static CredentialEvent event(String type, String data) {
        return new CredentialEvent("", type, CLUSTER, Instant.EPOCH, PythonJson.read(data));
    }
}
