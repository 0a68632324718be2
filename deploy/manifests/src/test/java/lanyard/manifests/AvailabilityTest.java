package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** How many replicas there are, and where. */
class AvailabilityTest {
    private final Manifests single = Manifests.of("overlays/single");
    private final Manifests highlyAvailable = Manifests.of("overlays/highly-available");
    private final Manifests example = Manifests.ofTheExample();

    @Test
    void single_is_one_replica_of_each_and_no_budget_that_would_keep_a_node_from_being_drained() {
        for (var service : Settings.SERVICES) {
            assertThat(single.named(Deployment.class, service).getSpec().getReplicas())
                    .isOne();
        }
        assertThat(single.all(PodDisruptionBudget.class)).isEmpty();
    }

    @Test
    void highly_available_is_two_of_each_on_different_nodes_and_in_different_zones_if_there_are_any() {
        for (var service : Settings.SERVICES) {
            assertTwoApart(highlyAvailable.named(Deployment.class, service));
        }
    }

    @Test
    void a_budget_is_for_the_pods_of_one_service_and_leaves_one_of_them() {
        assertThat(highlyAvailable.all(PodDisruptionBudget.class)).hasSameSizeAs(Settings.SERVICES);
        for (var service : Settings.SERVICES) {
            assertOneIsLeft(highlyAvailable, service);
        }
    }

    @Test
    void of_the_bridge_there_are_two_on_different_nodes_and_no_more_or_one_where_a_cloud_says_so() {
        assertTwoApart(example.named(Deployment.class, Settings.BRIDGE));
        assertOneIsLeft(example, Settings.BRIDGE);
        assertThat(example.all(HorizontalPodAutoscaler.class))
                .noneMatch(autoscaler ->
                        autoscaler.getSpec().getScaleTargetRef().getName().equals(Settings.BRIDGE));

        var one = DeploymentsTest.singleWithTheBridge();
        assertThat(one.named(Deployment.class, Settings.BRIDGE).getSpec().getReplicas())
                .isOne();
    }

    private static void assertTwoApart(Deployment deployment) {
        var pod = deployment.getSpec().getTemplate();
        assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
        assertThat(pod.getSpec().getTopologySpreadConstraints())
                .extracting(spread -> spread.getTopologyKey() + " " + spread.getWhenUnsatisfiable())
                .containsExactly("kubernetes.io/hostname DoNotSchedule", "topology.kubernetes.io/zone ScheduleAnyway");
        assertThat(pod.getSpec().getTopologySpreadConstraints()).allSatisfy(spread -> {
            assertThat(pod.getMetadata().getLabels().entrySet())
                    .containsAll(spread.getLabelSelector().getMatchLabels().entrySet());
            assertThat(spread.getMatchLabelKeys()).contains("app.kubernetes.io/name", "pod-template-hash");
        });
    }

    private static void assertOneIsLeft(Manifests manifests, String service) {
        var budget = manifests.named(PodDisruptionBudget.class, service).getSpec();
        assertThat(budget.getMaxUnavailable().getIntVal()).isOne();
        assertThat(budget.getSelector())
                .isEqualTo(manifests.named(Deployment.class, service).getSpec().getSelector());
    }

    @Test
    void an_autoscaler_is_the_one_who_says_how_many_replicas_a_deployment_has_and_never_says_fewer_than_two() {
        assertThat(example.all(HorizontalPodAutoscaler.class)).hasSameSizeAs(Settings.SERVICES);
        example.all(HorizontalPodAutoscaler.class).forEach(autoscaler -> {
            var spec = autoscaler.getSpec();
            assertThat(spec.getScaleTargetRef().getApiVersion()).isEqualTo("apps/v1");
            assertThat(spec.getScaleTargetRef().getKind()).isEqualTo("Deployment");
            var deployment =
                    example.named(Deployment.class, spec.getScaleTargetRef().getName());
            assertThat(deployment.getSpec().getReplicas()).isNull();
            assertThat(spec.getMinReplicas()).isEqualTo(2);
        });
    }

    @Test
    void no_more_replicas_read_than_the_topics_have_partitions() {
        var partitions = Manifests.of("strimzi")
                .named(KafkaTopic.class, "lanyard.credentials")
                .getSpec()
                .getPartitions();
        assertThat(example.all(HorizontalPodAutoscaler.class))
                .allSatisfy(autoscaler ->
                        assertThat(autoscaler.getSpec().getMaxReplicas()).isLessThanOrEqualTo(partitions));
    }

    @Test
    void provisioner_and_revoker_grow_with_what_is_to_be_read_as_the_adapter_names_it_and_the_door_with_its_work()
            throws IOException {
        var rule = new ObjectMapper(new YAMLFactory())
                .readTree(Manifests.ROOT
                        .resolve("deploy/kubernetes/components/autoscaling/prometheus-adapter.yaml")
                        .toFile())
                .at("/rules/0");
        assertThat(rule.at("/seriesQuery").asText()).startsWith("kafka_consumer_fetch_manager_records_lag{");
        for (var service : Settings.SERVICES) {
            var metrics = example.named(HorizontalPodAutoscaler.class, service)
                    .getSpec()
                    .getMetrics();
            assertThat(metrics).hasSize(1);
            if (service.equals("token-issuer")) {
                assertThat(metrics.getFirst().getResource().getName()).isEqualTo("cpu");
            } else {
                assertThat(metrics.getFirst().getPods().getMetric().getName())
                        .isEqualTo(rule.at("/name/as").asText());
            }
        }
    }
}
