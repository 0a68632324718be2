package lanyard.benchmarks.outages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PassedTest {
    private static Passed passed(Outage outage, Recovery recovery) {
        return new Passed(outage, 12, 6, recovery);
    }

    @Test
    void outagesOfOneKindAreSummedUpByTheirMedianAndTheLongest() {
        assertThat(Passed.summary(List.of(
                        passed(Outage.PROVISIONER_KILLED, new Recovery.Well(30)),
                        passed(Outage.REVOKER_KILLED, new Recovery.Well(4)),
                        passed(Outage.PROVISIONER_KILLED_AFTER_A_TRUST, new Recovery.Well(10)),
                        passed(Outage.PROVISIONER_KILLED_BEFORE_A_USER, new Recovery.Well(160)),
                        passed(Outage.REVOKER_KILLED_AFTER_A_USER, new Recovery.Well(5)),
                        passed(Outage.REVOKER_WITHOUT_KAFKA, new Recovery.Well(7)))))
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("provisioner killed")
                                .endsWith(" 3 times: median 30.0 s, longest 160.0 s"),
                        line -> assertThat(line)
                                .startsWith("revoker killed")
                                .endsWith(" 2 times: median 4.5 s, longest 5.0 s"),
                        line -> assertThat(line).startsWith("revoker cut off").contains(" 1 times: median 7.0 s"));
    }

    @Test
    void anOutageAfterWhichAllWasNotWellInTimeIsNoShortOne() {
        var some = List.of(
                passed(Outage.KAFKA_KILLED, new Recovery.NotWithin(600)),
                passed(Outage.KAFKA_STOPPED, new Recovery.Well(3)));
        assertThat(some.getFirst().line()).endsWith("not in 600 s");
        assertThat(Passed.summary(some))
                .singleElement()
                .asString()
                .endsWith("median 3.0 s, longest 3.0 s; 1 times not well in time");
    }

    @Test
    void outagesThatOverlapAreCountedAndNotTimed() {
        var one = passed(Outage.KAFKA_KILLED, new Recovery.Unwatched());
        assertThat(one.line()).contains("12", "6");
        assertThat(Passed.summary(List.of(one))).isEmpty();
    }
}
