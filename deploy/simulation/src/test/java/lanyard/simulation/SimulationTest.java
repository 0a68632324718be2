package lanyard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulationTest {
    private static final long SEEDS = 50_000;
    private static final long SEEDS_FOR_A_MUTATION = 30_000;

    @Test
    void theInvariantsHoldInEverySchedule() {
        var summary = Simulation.run(0, SEEDS, null, 1, done -> {});

        assertThat(summary.failures())
                .as("run ./lanyard simulate --seed N --trace")
                .isEmpty();
        assertThat(summary.schedules()).isEqualTo(SEEDS);
        assertThat(summary.faults().keySet()).as("every kind of fault").containsExactlyInAnyOrder(Fault.values());
    }

    @Test
    void aSeedDecidesEverything() {
        for (long seed = 0; seed < 100; seed++) {
            var once = Schedule.run(seed, true, null);
            var again = Schedule.run(seed, true, null);

            assertThat(again.trace()).as("seed %d", seed).isEqualTo(once.trace());
        }
    }

    @Test
    void aTraceSaysWhoDidWhat() {
        var trace = LongStream.range(0, 20)
                .mapToObj(seed -> Schedule.run(seed, true, null).trace())
                .flatMap(List::stream)
                .toList();

        assertThat(trace)
                .anyMatch(line -> line.contains("conductor c0000001"))
                .anyMatch(line -> line.contains("provisioner-1 worker c0000001"))
                .anyMatch(line -> line.contains("keystone make user custodian-p1"));
    }

    @ParameterizedTest
    @EnumSource
    void aFaultInTheCoreIsFound(Mutation mutation) {
        var summary = Simulation.run(0, SEEDS_FOR_A_MUTATION, mutation, 1, done -> {});

        assertThat(summary.failures()).isNotEmpty();
    }
}
