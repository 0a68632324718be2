package lanyard.common.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import lanyard.common.events.wire.Mutants;
import lanyard.common.events.wire.Reason;
import org.junit.jupiter.api.Test;

/** Whoever can write to the bus can write anything: the parser answers, and repeats nothing. */
class HostileNotificationsTest {
    private static final int MUTANTS = 8_000;

    @Test
    void mutantsOfGenuineNotificationsNeverThrowAndNeverLeak() {
        var mutants = new Mutants(20261123);
        var genuine = Capture.all().toList();
        var refusals = new EnumMap<Reason, Integer>(Reason.class);
        int ignored = 0;
        int understood = 0;
        for (int i = 0; i < MUTANTS; i++) {
            var body = mutant(mutants, genuine.get(mutants.below(genuine.size())));
            switch (NotificationParser.parse(body)) {
                case Parsed.Ignored() -> ignored++;
                case Parsed.Cluster(var notification, var _) -> {
                    understood++;
                    assertThat(Mutants.leaks(notification.cluster())).isFalse();
                }
                case Parsed.Rejected(var reason, var detail) -> {
                    refusals.merge(reason, 1, Integer::sum);
                    assertThat(Mutants.leaks(detail)).as(detail).isFalse();
                }
            }
        }

        // Mutants that are all of one kind would prove nothing.
        assertThat(ignored).isGreaterThan(MUTANTS / 100);
        assertThat(understood).isGreaterThan(MUTANTS / 10);
        assertThat(refusals.keySet())
                .contains(
                        Reason.TOO_LARGE,
                        Reason.NOT_UTF8,
                        Reason.NOT_JSON,
                        Reason.TOO_DEEP,
                        Reason.DUPLICATE_KEY,
                        Reason.BAD_ENVELOPE,
                        Reason.BAD_CLUSTER_ID,
                        Reason.BAD_PROJECT_ID,
                        Reason.BAD_USER_ID,
                        Reason.UNKNOWN_ACTION,
                        Reason.UNKNOWN_OUTCOME,
                        Reason.CONTRADICTION);
    }

    private static byte[] mutant(Mutants mutants, Capture capture) {
        var envelope = Notification.json(capture.text());
        var message = Notification.json(envelope.get("oslo.message").textValue());
        Notification.content(message).put("status_reason", Mutants.CANARY).put(Mutants.CANARY, 1);
        for (int i = mutants.below(3); i > 0; i--) {
            mutants.mutate(message);
        }
        var inner = message.toString().getBytes(StandardCharsets.UTF_8);
        if (mutants.below(4) == 0) {
            inner = mutants.mutate(inner);
        }
        if (mutants.below(4) == 0) {
            return inner;
        }
        envelope.put("oslo.message", new String(inner, StandardCharsets.UTF_8));
        if (mutants.below(6) == 0) {
            mutants.mutate(envelope);
        }
        var body = Notification.bytes(envelope);
        return mutants.below(4) == 0 ? mutants.mutate(body) : body;
    }
}
