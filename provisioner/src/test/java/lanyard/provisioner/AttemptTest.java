package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import lanyard.common.events.FailureReason;
import lanyard.common.keystone.Reply;
import org.junit.jupiter.api.Test;

/** What Keystone's replies mean to the walk: go on, try again, or tell an operator. */
class AttemptTest {
    @Test
    void whatIsDoneGoesOnWithItsValue() {
        assertThat(Attempt.of("make the trustee", new Reply.Done<>(1)).map(n -> n + 1))
                .isEqualTo(new Attempt.Made<>(2));
    }

    @Test
    void aRefusalIsForAnOperatorAndSaysWhatWasTried() {
        assertThat(Attempt.of("make the trustee", new Reply.Denied<>(403, "no admin")))
                .isEqualTo(new Attempt.Refused<>(
                        FailureReason.KEYSTONE_REFUSED, "Keystone refused to make the trustee (403): no admin"));
    }

    @Test
    void whateverElseWentWrongIsTriedAgain() {
        assertThat(Attempt.of("make the trustee", new Reply.Unavailable<>("timed out")))
                .isInstanceOf(Attempt.Later.class);
        assertThat(Attempt.of("make the trustee", new Reply.Missing<>())).isInstanceOf(Attempt.Later.class);
        assertThat(Attempt.of("make the trustee", new Reply.Conflict<>())).isInstanceOf(Attempt.Later.class);
    }

    @Test
    void nothingFollowsAFailure() {
        var later = new Attempt.Later<Integer>("timed out");
        var refused = new Attempt.Refused<Integer>(FailureReason.PROJECT_GONE, "gone");

        assertThat(later.then(n -> new Attempt.Made<>("made"))).isEqualTo(new Attempt.Later<String>("timed out"));
        assertThat(refused.then(n -> new Attempt.Made<>("made")))
                .isEqualTo(new Attempt.Refused<String>(FailureReason.PROJECT_GONE, "gone"));
    }
}
