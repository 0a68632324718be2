package lanyard.local.bootstrap;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Lanyard's topics in Kafka: makes those that are missing, and tells how those that are there differ from what they should be. */
final class Topics {
    private static final Map<String, Object> PATIENCE = Map.of(
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
            10_000,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            30_000);

    private final KafkaAccess kafka;
    private final Consumer<Call> told;

    Topics(KafkaAccess kafka, Consumer<Call> told) {
        this.kafka = kafka;
        this.told = told;
    }

    /** A topic as it is, or should be. */
    record Topic(String name, int partitions, int replication, Map<String, String> settings) {
        Topic {
            settings = Map.copyOf(settings);
        }

        /** One that keeps all that was told for so long: compaction would drop events that are needed. */
        static Topic keeping(String name, int partitions, int replication, int inSync, Duration retention) {
            return new Topic(
                    name,
                    partitions,
                    replication,
                    Map.of(
                            "cleanup.policy", "delete",
                            "retention.ms", String.valueOf(retention.toMillis()),
                            "min.insync.replicas", String.valueOf(inSync)));
        }

        /** What of this one is not as wanted, for a person. */
        List<String> differences(Topic wanted) {
            var differences = new ArrayList<String>();
            if (partitions < wanted.partitions) {
                differences.add("partitions %d, not %d".formatted(partitions, wanted.partitions));
            }
            if (replication < wanted.replication) {
                differences.add("replication factor %d, not %d".formatted(replication, wanted.replication));
            }
            wanted.settings.keySet().stream().sorted().forEach(name -> {
                var is = settings.getOrDefault(name, "?");
                if (!is.equals(wanted.settings.get(name))) {
                    differences.add("%s=%s, not %s".formatted(name, is, wanted.settings.get(name)));
                }
            });
            return differences;
        }
    }

    /** @return how many were made, or would be */
    int run(List<Topic> wanted, boolean dry) {
        try (var admin = Admin.create(kafka.with(PATIENCE))) {
            var there = look(admin, wanted);
            var missing = wanted.stream()
                    .filter(topic -> !there.containsKey(topic.name()))
                    .toList();
            for (var topic : wanted) {
                var is = there.get(topic.name());
                if (is != null) {
                    var differences = is.differences(topic);
                    tell(
                            "look",
                            topic,
                            differences.isEmpty()
                                    ? "was there"
                                    : "was there, and is left as it is: " + String.join("; ", differences));
                }
            }
            int made = 0;
            for (var topic : missing) {
                var result = dry ? "would make" : create(admin, topic) ? "made" : "was there";
                made += result.equals("was there") ? 0 : 1;
                tell("create", topic, result);
            }
            return made;
        } catch (ExecutionException e) {
            throw trouble(e.getCause() == null ? e : e.getCause());
        } catch (KafkaException e) {
            throw trouble(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted", "run the command again", e);
        }
    }

    /** @return whether it was made; somebody else may have been quicker */
    private static boolean create(Admin admin, Topic topic) throws ExecutionException, InterruptedException {
        var made = new NewTopic(topic.name(), Optional.of(topic.partitions()), Optional.of((short) topic.replication()))
                .configs(topic.settings());
        try {
            admin.createTopics(List.of(made)).all().get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
    }

    private static Map<String, Topic> look(Admin admin, List<Topic> wanted)
            throws ExecutionException, InterruptedException {
        var all = admin.listTopics().names().get();
        var names = wanted.stream().map(Topic::name).filter(all::contains).toList();
        var resources = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        var described = admin.describeTopics(names).allTopicNames().get();
        var configured = admin.describeConfigs(resources).all().get();
        var there = new LinkedHashMap<String, Topic>();
        for (var topic : described.values()) {
            var settings = new LinkedHashMap<String, String>();
            for (var entry : requireNonNull(configured.get(new ConfigResource(ConfigResource.Type.TOPIC, topic.name())))
                    .entries()) {
                if (entry.value() != null) {
                    settings.put(entry.name(), entry.value());
                }
            }
            var partitions = topic.partitions();
            there.put(
                    topic.name(),
                    new Topic(
                            topic.name(),
                            partitions.size(),
                            partitions.getFirst().replicas().size(),
                            settings));
        }
        return there;
    }

    private void tell(String method, Topic topic, String result) {
        told.accept(new Call(method, kafka.servers(), "topic " + topic.name(), result));
    }

    private Trouble trouble(Throwable cause) {
        var what = "the Kafka at %s does not do it (%s)".formatted(kafka.servers(), cause.getMessage());
        return new Trouble(
                what,
                cause instanceof InvalidReplicationFactorException
                        ? "give as many copies as it has brokers by --replication, and --min-insync below that"
                        : "check the address, the client's settings (--kafka-config), and that you may make topics there",
                cause);
    }
}
