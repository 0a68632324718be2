package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** Prometheus's operator gets what deploy/monitoring wants. */
class MonitoringTest {
    private final Manifests example = Manifests.ofTheExample();

    @Test
    void the_jobs_are_those_that_the_alerts_and_dashboards_want() throws IOException {
        // The bridge's is a comment, for whoever has the bridge.
        var prometheus = Files.readString(Manifests.ROOT.resolve("deploy/monitoring/prometheus.yaml"))
                .replaceAll("(?m)^  # (?=- | )", "  ");
        var wanted = new ObjectMapper(new YAMLFactory()).readTree(prometheus).findValuesAsText("job_name");
        var monitor = example.named(ServiceMonitor.class, "lanyard").getSpec();
        var jobs = example.all(Service.class)
                .map(service -> service.getMetadata().getLabels())
                .filter(labels -> labels.entrySet()
                        .containsAll(monitor.getSelector().getMatchLabels().entrySet()))
                .map(labels -> labels.get(monitor.getJobLabel()));

        assertThat(wanted).contains("lanyard-conductor-bridge");
        assertThat(jobs).containsExactlyInAnyOrderElementsOf(wanted);
    }

    @Test
    void each_replica_is_asked_where_its_metrics_are() {
        var endpoint = example.named(ServiceMonitor.class, "lanyard")
                .getSpec()
                .getEndpoints()
                .getFirst();
        assertThat(endpoint.getPath()).isEqualTo("/q/metrics");
        for (var service : new Deployed(example).deployments().keySet()) {
            assertThat(example.named(Service.class, service + "-metrics")
                            .getSpec()
                            .getPorts())
                    .extracting(port -> port.getName())
                    .containsExactly(endpoint.getPort());
        }
    }

    /** As docs/operations.md has it: the alerts are in the tree once. */
    @Test
    void the_alerts_indented_under_a_head_are_a_rule_of_prometheus_operators() throws IOException {
        var alerts = Files.readString(Manifests.ROOT.resolve("deploy/monitoring/alerts.yaml"));
        var rule = (PrometheusRule) Manifests.read(
                        """
                        apiVersion: monitoring.coreos.com/v1
                        kind: PrometheusRule
                        metadata: {name: lanyard, namespace: lanyard}
                        spec:
                        """
                                + alerts.indent(2))
                .objects()
                .getFirst();

        assertThat(rule.getSpec().getGroups().getFirst().getRules()).hasSizeGreaterThan(20);
    }
}
