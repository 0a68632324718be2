package lanyard.common.kafka;

import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * What Kafka's consumers tell of topics, once for each. Since 4.1 they tell of a topic that has a dot in its name a second time, with
 * underscores in the place of dots (KIP-1109), and what is still to be read would be summed up to twice as much.
 */
@Singleton
class TopicMeters {
    @Produces
    @Singleton
    MeterFilter onlyTopicsThatAreRead(ReadTopics read) {
        return MeterFilter.deny(meter -> {
            var topic = meter.getTag("topic");
            return topic != null
                    && meter.getName().startsWith("kafka.consumer.")
                    && !read.names().contains(topic);
        });
    }
}
