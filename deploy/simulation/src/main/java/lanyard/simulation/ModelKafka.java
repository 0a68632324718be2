package lanyard.simulation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A broker: topics of partitions, and groups with their committed offsets. What has a key keeps its order; the conductor's messages have
 * none. Who takes a partition over reads it from the last committed offset.
 */
final class ModelKafka {
    static final String INFO = "notifications.info";
    static final String ERROR = "notifications.error";
    static final String CREDENTIALS = "lanyard.credentials";
    static final String DEAD_LETTERS = "lanyard.dead-letters";

    /** The longest time that a producer tries to deliver ({@code delivery.timeout.ms}). */
    private static final long LATEST_DELIVERY = 20 * World.SECOND;

    private final World world;
    private final Map<String, List<List<ConsumerRecord<String, byte[]>>>> topics = new TreeMap<>();
    private final Map<String, Group> groups = new TreeMap<>();

    ModelKafka(World world) {
        this.world = world;
        for (var topic : List.of(INFO, ERROR, CREDENTIALS, DEAD_LETTERS)) {
            var partitions = new ArrayList<List<ConsumerRecord<String, byte[]>>>();
            for (int i = 0; i < world.plan.partitions(); i++) {
                partitions.add(new ArrayList<>());
            }
            topics.put(topic, partitions);
        }
    }

    /** One partition of a topic. */
    record Partition(String topic, int number) implements Comparable<Partition> {
        @Override
        public int compareTo(Partition other) {
            var byTopic = topic.compareTo(other.topic);
            return byTopic == 0 ? Integer.compare(number, other.number) : byTopic;
        }

        @Override
        public String toString() {
            return topic + "/" + number;
        }
    }

    /** Consumers that share the partitions of their topics. */
    private static final class Group {
        final Map<Partition, Long> committed = new TreeMap<>();
        final List<Consumer> members = new ArrayList<>();
    }

    // ---- Writing

    ConsumerRecord<String, byte[]> append(String topic, @Nullable String key, byte[] value) {
        var partitions = partitions(topic);
        var number = key == null
                ? world.random.nextInt(partitions.size())
                : Math.floorMod(key.hashCode(), partitions.size());
        var partition = partitions.get(number);
        var record = new ConsumerRecord<>(
                topic,
                number,
                partition.size(),
                World.instant(world.now()).toEpochMilli(),
                TimestampType.LOG_APPEND_TIME,
                0,
                value.length,
                key,
                value,
                new RecordHeaders(),
                Optional.empty());
        partition.add(record);
        world.changed();
        return record;
    }

    /** As a producer: it may fail, be late, or work and not say so. A message that is on its way arrives although its sender dies. */
    CompletableFuture<Void> publish(String topic, @Nullable String key, byte[] value) {
        world.step(Coroutine.Next.KAFKA);
        if (world.strikes(Fault.PUBLISH_FAILED)) {
            world.log("kafka publish to " + topic + ": FAILED");
            return CompletableFuture.failedFuture(new IllegalStateException("the broker did not take it"));
        }
        if (world.strikes(Fault.PUBLISH_DELAYED) && world.canWait()) {
            world.log("kafka publish to " + topic + ": is on its way");
            var delay = world.someTime(LATEST_DELIVERY);
            var delivered = new boolean[1];
            world.spawn(null, "network", () -> {
                world.sleep(delay);
                log("kafka takes late", append(topic, key, value));
                delivered[0] = true;
            });
            world.await(Coroutine.Next.KAFKA, () -> delivered[0]);
        } else {
            log("kafka publish", append(topic, key, value));
        }
        return world.strikes(Fault.PUBLISH_UNCONFIRMED)
                ? CompletableFuture.failedFuture(new IllegalStateException("the broker's answer was lost"))
                : CompletableFuture.completedFuture(null);
    }

    private void log(String what, ConsumerRecord<String, byte[]> record) {
        if (world.trace.isKept()) {
            world.log("%s %s/%d@%d %s"
                    .formatted(
                            what,
                            record.topic(),
                            record.partition(),
                            record.offset(),
                            Messages.summary(record.value())));
        }
    }

    // ---- Reading

    /** Everything that was written to a topic. */
    List<ConsumerRecord<String, byte[]>> all(String topic) {
        return partitions(topic).stream().flatMap(List::stream).toList();
    }

    /** Everything that was written with a key, in its order. */
    List<ConsumerRecord<String, byte[]>> all(String topic, String key) {
        return all(topic).stream().filter(record -> key.equals(record.key())).toList();
    }

    private List<List<ConsumerRecord<String, byte[]>>> partitions(String topic) {
        var partitions = topics.get(topic);
        if (partitions == null) {
            throw new IllegalArgumentException("no topic " + topic);
        }
        return partitions;
    }

    private Group group(String name) {
        return groups.computeIfAbsent(name, key -> new Group());
    }

    /** A consumer of a group, that takes its share of the partitions. */
    Consumer join(Process process, String groupName, String... read) {
        var group = group(groupName);
        var consumer = new Consumer(group, List.of(read));
        group.members.add(consumer);
        process.atDeath(() -> {
            group.members.remove(consumer);
            consumer.owned.clear();
            rebalance(group);
        });
        rebalance(group);
        return consumer;
    }

    /** A reader of all of a topic, from where a group has got to, that belongs to no group. */
    Consumer watch(String groupName, String topic) {
        var consumer = new Consumer(new Group(), List.of(topic));
        var committed = group(groupName).committed;
        for (int i = 0; i < partitions(topic).size(); i++) {
            var partition = new Partition(topic, i);
            consumer.owned.put(partition, committed.getOrDefault(partition, 0L));
        }
        return consumer;
    }

    /**
     * Keeps how far a group has read; what is returned has a group without members read from there again, where it has got further. So do
     * the services, which keep that in their own databases.
     */
    Runnable backUp(String groupName) {
        var group = group(groupName);
        var kept = Map.copyOf(group.committed);
        return () -> {
            if (!world.has(Mutation.READ_ON_AFTER_A_RESTORE)) {
                group.committed.replaceAll((partition, reached) -> kept.getOrDefault(partition, 0L));
            }
        };
    }

    /** Whether a group has committed all of these topics that was written before that time. */
    boolean hasHeard(String groupName, Instant before, String... read) {
        var committed = group(groupName).committed;
        for (var topic : read) {
            var partitions = partitions(topic);
            for (int i = 0; i < partitions.size(); i++) {
                long earlier = partitions.get(i).stream()
                        .takeWhile(record -> record.timestamp() < before.toEpochMilli())
                        .count();
                if (committed.getOrDefault(new Partition(topic, i), 0L) < earlier) {
                    return false;
                }
            }
        }
        return true;
    }

    private void rebalance(Group group) {
        var partitions = new TreeMap<Partition, List<Consumer>>();
        for (var member : group.members) {
            for (var topic : member.topics) {
                for (int i = 0; i < partitions(topic).size(); i++) {
                    partitions
                            .computeIfAbsent(new Partition(topic, i), key -> new ArrayList<>())
                            .add(member);
                }
            }
        }
        partitions.forEach((partition, candidates) -> {
            var owner = world.oneOf(candidates);
            for (var member : candidates) {
                if (member != owner && member.owned.containsKey(partition)) {
                    // Who gives a partition up in order says how far it got.
                    if (world.random.nextBoolean()) {
                        member.commit(partition);
                    }
                    member.owned.remove(partition);
                }
            }
            owner.owned.computeIfAbsent(partition, key -> group.committed.getOrDefault(key, 0L));
        });
    }

    /** Reads what it owns. */
    final class Consumer {
        private final Group group;
        private final List<String> topics;
        /** The next offset to read of each partition that it owns. */
        private final Map<Partition, Long> owned = new TreeMap<>();
        /** The next offset after what was acknowledged. */
        private final Map<Partition, Long> acknowledged = new HashMap<>();

        private Consumer(Group group, List<String> topics) {
            this.group = group;
            this.topics = topics;
        }

        boolean hasNext() {
            for (var one : owned.entrySet()) {
                if (isBehind(one)) {
                    return true;
                }
            }
            return false;
        }

        private boolean isBehind(Map.Entry<Partition, Long> one) {
            var partition = one.getKey();
            return one.getValue()
                    < partitions(partition.topic()).get(partition.number()).size();
        }

        /** Some of what is there, up to so many. */
        ConsumerRecords<String, byte[]> poll(int most) {
            var batch = new LinkedHashMap<TopicPartition, List<ConsumerRecord<String, byte[]>>>();
            for (int i = 0; i < most && hasNext(); i++) {
                var record = poll();
                batch.computeIfAbsent(new TopicPartition(record.topic(), record.partition()), key -> new ArrayList<>())
                        .add(record);
            }
            return new ConsumerRecords<>(batch, Map.of());
        }

        /** The next message of some partition; of one partition they come in order. */
        ConsumerRecord<String, byte[]> poll() {
            var behind = new ArrayList<Partition>();
            owned.entrySet().stream()
                    .filter(this::isBehind)
                    .map(Map.Entry::getKey)
                    .forEach(behind::add);
            Collections.sort(behind);
            var partition = world.oneOf(behind);
            var offset = owned.getOrDefault(partition, 0L);
            var record = partitions(partition.topic()).get(partition.number()).get(offset.intValue());
            owned.put(partition, offset + 1);
            log("kafka read", record);
            return record;
        }

        void acknowledge(ConsumerRecords<String, byte[]> batch) {
            batch.forEach(this::acknowledge);
        }

        private void acknowledge(ConsumerRecord<String, byte[]> record) {
            acknowledged.put(new Partition(record.topic(), record.partition()), record.offset() + 1);
        }

        /** Commits the offsets of what was acknowledged, for those partitions that are still its own. */
        void commit() {
            owned.keySet().forEach(this::commit);
            world.log("kafka offsets committed");
        }

        private void commit(Partition partition) {
            var offset = acknowledged.get(partition);
            if (offset != null) {
                group.committed.merge(partition, offset, Math::max);
            }
        }

        /** The group's members may be dealt other partitions. */
        void rebalanceByChance() {
            if (world.strikes(Fault.REBALANCE)) {
                world.log("kafka rebalance");
                rebalance(group);
            }
        }
    }
}
