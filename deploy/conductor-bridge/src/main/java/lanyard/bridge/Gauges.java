package lanyard.bridge;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.util.Locale;
import lanyard.bridge.Sides.Side;

/** How far behind the bridge is, and how its sides are. */
@Startup
@Singleton
class Gauges {
    Gauges(MeterRegistry metrics, Bridge bridge, Sides sides) {
        Gauge.builder("lanyard.bridge.waiting", bridge, it -> it.depths()
                        .map(depths -> (double) depths.waiting())
                        .orElse(Double.NaN))
                .description("Messages in the queue that no replica holds")
                .register(metrics);
        Gauge.builder("lanyard.bridge.dead.letters", bridge, it -> it.depths()
                        .map(depths -> (double) depths.dead())
                        .orElse(Double.NaN))
                .description("Messages that Kafka could not take")
                .register(metrics);
        Gauge.builder("lanyard.bridge.carried", bridge, it -> it.crossing()
                        .map(Crossing::carried)
                        .orElse(0))
                .description("Messages that this replica holds and that are not on Kafka yet")
                .register(metrics);
        Gauge.builder("lanyard.bridge.carried.oldest.seconds", bridge, it -> it.crossing()
                        .map(crossing -> crossing.oldest().toNanos() / 1e9)
                        .orElse(0.0))
                .description("For how long it has held the oldest of them")
                .register(metrics);
        for (var side : Side.values()) {
            Gauge.builder("lanyard.bridge.well", sides, it -> it.ill(side) == null ? 1 : 0)
                    .description("Whether a side does as it should")
                    .tag("side", side.name().toLowerCase(Locale.ROOT))
                    .register(metrics);
        }
    }
}
