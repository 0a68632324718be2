package lanyard.common.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import lanyard.common.events.wire.Mutants;
import lanyard.common.events.wire.Reason;
import org.junit.jupiter.api.Test;

/** Our own topic can be written to by others, too. */
class HostileEventsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MUTANTS = 8_000;

    @Test
    void mutantsOfOurEventsNeverThrowAndNeverLeak() throws IOException {
        var mutants = new Mutants(20261124);
        var samples = Samples.all().toList();
        var refusals = new EnumMap<Reason, Integer>(Reason.class);
        int ignored = 0;
        int read = 0;
        for (int i = 0; i < MUTANTS; i++) {
            var body = mutant(mutants, samples.get(mutants.below(samples.size())));
            switch (EventCodec.read(body)) {
                case Read.Ignored() -> ignored++;
                case Read.Event event -> {
                    read++;
                    assertThat(EventCodec.read(body)).isEqualTo(event);
                }
                case Read.Rejected(var reason, var detail) -> {
                    refusals.merge(reason, 1, Integer::sum);
                    assertThat(Mutants.leaks(detail)).as(detail).isFalse();
                }
            }
        }

        // Mutants that are all of one kind would prove nothing.
        assertThat(ignored).isGreaterThan(MUTANTS / 100);
        assertThat(read).isGreaterThan(MUTANTS / 10);
        assertThat(refusals.keySet())
                .contains(
                        Reason.NOT_UTF8,
                        Reason.NOT_JSON,
                        Reason.TOO_DEEP,
                        Reason.DUPLICATE_KEY,
                        Reason.BAD_ENVELOPE,
                        Reason.BAD_CLUSTER_ID,
                        Reason.BAD_DATA);
    }

    private static byte[] mutant(Mutants mutants, CredentialEvent sample) throws IOException {
        var event = (ObjectNode) JSON.readTree(Samples.written(sample));
        event.put("x", Mutants.CANARY);
        ((ObjectNode) event.get("data")).put(Mutants.CANARY, Mutants.CANARY);
        for (int i = mutants.below(3); i > 0; i--) {
            mutants.mutate(event);
        }
        var body = event.toString().getBytes(StandardCharsets.UTF_8);
        return mutants.below(3) == 0 ? mutants.mutate(body) : body;
    }
}
