package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PhaseTest {
    @Property
    void theJoinIsCommutativeAssociativeAndIdempotent(@ForAll Phase one, @ForAll Phase two, @ForAll Phase three) {
        assertThat(one.join(two)).isEqualTo(two.join(one));
        assertThat(one.join(two).join(three)).isEqualTo(one.join(two.join(three)));
        assertThat(one.join(one)).isEqualTo(one);
    }

    @Property
    void presentAddsNothingAndAbsentTakesAll(@ForAll Phase any) {
        assertThat(Phase.PRESENT.join(any)).isEqualTo(any);
        assertThat(Phase.ABSENT.join(any)).isEqualTo(Phase.ABSENT);
    }

    @Test
    void aDeletionThatHasBegunIsNotTakenBack() {
        assertThat(Phase.DELETING.join(Phase.PRESENT)).isEqualTo(Phase.DELETING);
    }
}
