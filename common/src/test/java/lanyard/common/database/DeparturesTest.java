package lanyard.common.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import lanyard.common.database.Presence.Standing;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeparturesTest {
    private static final Duration ALMOST = Departures.GRACE.minusMillis(1);

    private Instant now = Instant.parse("2026-11-29T12:00:00Z");
    private @Nullable Standing own = new Standing("000000aa", 1);
    private final Departures departures = new Departures(() -> own, () -> now);

    @Test
    void whoIsMissingForTheWholeGraceIsGone() {
        assertThat(lookAt("000000bb")).isEmpty();
        pass(ALMOST);
        assertThat(lookAt("000000bb", "000000cc")).isEmpty();
        pass(Duration.ofSeconds(1));
        assertThat(lookAt("000000bb", "000000cc")).containsExactly("000000bb");
    }

    @Test
    void whoWasSeenInBetweenIsNot() {
        lookAt("000000bb");
        pass(ALMOST);
        lookAt();
        pass(ALMOST);

        assertThat(lookAt("000000bb")).isEmpty();
    }

    @Test
    void whenTheDatabaseWasAwayEverybodyHasTheTimeToComeBackAgain() {
        lookAt("000000bb");
        pass(Departures.GRACE);
        own = new Standing("000000aa", 2);

        assertThat(lookAt("000000bb")).isEmpty();
        pass(Departures.GRACE);
        assertThat(lookAt("000000bb")).containsExactly("000000bb");
    }

    @Test
    void whoIsNotSeenItselfDoesNotJudge() {
        lookAt("000000bb");
        pass(Departures.GRACE);
        own = null;

        assertThat(departures.mayLook()).isFalse();
    }

    @Test
    void oneLookASecondIsEnough() {
        lookAt();

        pass(Duration.ofMillis(999));
        assertThat(departures.mayLook()).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(departures.mayLook()).isTrue();
    }

    private List<String> lookAt(String... missing) {
        assertThat(departures.mayLook()).isTrue();
        return departures.look(Set.of(missing));
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }
}
