package lanyard.bridge;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/** What became of the messages, and how often carrying began. The series are there from the start: Prometheus sees no increase in one that begins with it. */
@Singleton
class Tally {
    private final MeterRegistry metrics;
    private final Counter crossings;

    Tally(MeterRegistry metrics, BridgeConfig config) {
        this.metrics = metrics;
        this.crossings = metrics.counter("lanyard.bridge.crossings");
        for (var topic : config.topics().notifications()) {
            counter(topic, "moved");
            counter(topic, "dead-lettered");
        }
    }

    void moved(String topic) {
        counter(topic, "moved").increment();
    }

    void deadLettered(String topic) {
        counter(topic, "dead-lettered").increment();
    }

    void crossingBegan() {
        crossings.increment();
    }

    private Counter counter(String topic, String result) {
        return metrics.counter("lanyard.bridge.messages", "topic", topic, "result", result);
    }
}
