package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import lanyard.common.testing.RealParts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Replicas with names of their own, on a real Kafka: one that is killed comes back to the partitions that it had. */
class StaticMembershipTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** Longer than a service takes to start on a busy machine. */
    private static final String SESSION_MILLIS = "60000";

    @Test
    void a_replica_that_is_killed_and_comes_back_has_its_partitions_and_the_other_notices_nothing() throws Exception {
        try (var lanyard = new Lanyard();
                var admin = Admin.create(
                        Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, RealParts.environment("LANYARD_KAFKA")))) {
            var one = named(lanyard.provisioner, "one");
            var other = named(lanyard.another(one), "other");
            var group = lanyard.group("provisioner");
            one.start();
            other.start();
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(members(admin, group))
                    .containsOnlyKeys(
                            "one-credentials", "one-notifications", "other-credentials", "other-notifications")
                    .allSatisfy((name, member) -> assertThat(share(member)).isNotEmpty()));
            var before = members(admin, group);
            var heard = rebalances(one);

            other.kill();
            other.start();

            // To Kafka it is the same member, in another process.
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(members(admin, group)).allSatisfy((name, member) -> assertThat(
                                    member.consumerId().equals(before.get(name).consumerId()))
                            .as(name)
                            .isEqualTo(name.startsWith("one"))));
            assertThat(members(admin, group))
                    .hasSameSizeAs(before)
                    .allSatisfy((name, member) -> assertThat(share(member)).isEqualTo(share(before.get(name))));
            assertThat(rebalances(one)).isEqualTo(heard);
        }
    }

    private static ServiceProcess named(ServiceProcess service, String name) {
        return service.set("lanyard.kafka-instance-id", name)
                .set("mp.messaging.connector.smallrye-kafka.session.timeout.ms", SESSION_MILLIS);
    }

    /** The members of a group, by the names that they were given. */
    private static Map<String, MemberDescription> members(Admin admin, String group) throws Exception {
        return admin
                .describeConsumerGroups(List.of(group))
                .all()
                .get(30, TimeUnit.SECONDS)
                .get(group)
                .members()
                .stream()
                .collect(Collectors.toMap(
                        member -> member.groupInstanceId().orElse(member.consumerId()), Function.identity()));
    }

    private static Set<TopicPartition> share(MemberDescription member) {
        return member.assignment().topicPartitions();
    }

    /** How often the group has given this replica something, or taken something away. */
    private static long rebalances(ServiceProcess service) throws Exception {
        try (var lines = Files.lines(service.log())) {
            return lines.filter(line -> line.contains("re-balance listener")).count();
        }
    }
}
