package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.Reply;
import lanyard.common.settings.ConductorConfig;
import org.junit.jupiter.api.Test;

/** How an API is asked that does not answer. */
class ConductorTest {
    private Instant now = Instant.parse("2026-11-23T10:00:00Z");
    private Reply<ConductorApi.Cluster> answer = new Reply.Missing<>();
    private int calls;
    private final Conductor conductor = new Conductor(
            new ConductorApi() {
                @Override
                public Reply<List<Cluster>> listClusters() {
                    throw new AssertionError();
                }

                @Override
                public Reply<Cluster> findCluster(String id) {
                    calls++;
                    return answer;
                }
            },
            new ConductorConfig() {
                @Override
                public Optional<URI> url() {
                    return Optional.of(URI.create("http://127.0.0.1/v1"));
                }

                @Override
                public Duration timeout() {
                    return Duration.ofSeconds(10);
                }
            },
            () -> now);

    @Test
    void whatAnswersIsAskedEveryTime() {
        find(3);
        answer = new Reply.Denied<>(403, "refused");
        find(3);

        assertThat(calls).isEqualTo(6);
    }

    @Test
    void whatDoesNotAnswerIsLeftInPeaceAndThenAskedByOne() {
        answer = new Reply.Unavailable<>("silent");
        find(10);
        assertThat(calls).isEqualTo(1);

        now = now.plusSeconds(5);
        find(10);
        assertThat(calls).isEqualTo(2);

        now = now.plusSeconds(5);
        answer = new Reply.Missing<>();
        find(10);
        assertThat(calls).isEqualTo(12);
    }

    private void find(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(conductor.find("c")).isInstanceOfAny(answer.getClass(), Reply.Unavailable.class);
        }
    }
}
