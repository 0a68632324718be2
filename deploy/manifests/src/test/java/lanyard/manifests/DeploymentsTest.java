package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the three services and the bridge are given, and what they are not, in each overlay and in the example of a cloud's own. */
class DeploymentsTest {
    /** The door's own port, and where the image has health and metrics of each service. */
    private static final int DOOR = 8080;

    private static final Map<String, Integer> MANAGEMENT =
            Map.of("provisioner", 8080, "token-issuer", 9000, "revoker", 8080, Settings.BRIDGE, 8080);

    @Retention(RetentionPolicy.RUNTIME)
    @ParameterizedTest
    @MethodSource("everyWay")
    private @interface InEveryWay {}

    static Stream<Named<Deployed>> everyWay() {
        return Stream.of(
                Named.of("single", new Deployed(Manifests.of("overlays/single"))),
                Named.of("highly-available", new Deployed(Manifests.of("overlays/highly-available"))),
                Named.of("highly available on a secured Kafka, without the bridge", new Deployed(onASecuredKafka())),
                Named.of("single with the bridge", new Deployed(singleWithTheBridge())),
                Named.of("example", new Deployed(Manifests.ofTheExample())));
    }

    private static Manifests onASecuredKafka() {
        return Manifests.ofAnOwn(
                "on-a-secured-kafka",
                Map.of(
                        "kustomization.yaml",
                        """
                        apiVersion: kustomize.config.k8s.io/v1beta1
                        kind: Kustomization
                        namespace: lanyard
                        resources: [../overlays/highly-available]
                        components: [../components/kafka-tls]
                        """));
    }

    /** With neither TLS to RabbitMQ nor to Kafka, and with what is to be said beside: how many, and where RabbitMQ is. */
    static Manifests singleWithTheBridge() {
        return Manifests.ofAnOwn(
                "single-with-the-bridge",
                Map.of(
                        "kustomization.yaml",
                        """
                        apiVersion: kustomize.config.k8s.io/v1beta1
                        kind: Kustomization
                        namespace: lanyard
                        resources: [../overlays/single]
                        components: [../components/conductor-bridge]
                        replicas: [{name: conductor-bridge, count: 1}]
                        configMapGenerator:
                          - name: conductor-bridge
                            literals: [LANYARD_RABBITMQ_ADDRESSES=rabbitmq.rabbitmq, LANYARD_RABBITMQ_USERNAME=lanyard-bridge]
                        """));
    }

    @Test
    void the_bridge_is_there_where_it_is_asked_for() {
        assertThat(everyWay().filter(way -> way.getPayload().deployments().containsKey(Settings.BRIDGE)))
                .extracting(Named::getName)
                .containsExactly("single with the bridge", "example");
    }

    @InEveryWay
    void there_are_the_three_services_and_at_most_the_bridge_each_from_its_own_image(Deployed deployed) {
        assertThat(deployed.manifests().all(Deployment.class).map(Deployed::name))
                .containsAll(Settings.SERVICES)
                .filteredOn(name -> !Settings.SERVICES.contains(name))
                .isSubsetOf(Settings.BRIDGE);
        deployed.deployments().forEach((service, deployment) -> assertThat(
                        Deployed.container(deployment).getImage())
                .matches("(registry\\.example\\.org/)?lanyard/" + service + ":[^:]+"));
    }

    @InEveryWay
    void each_runs_as_nobody_in_particular_and_can_write_to_tmp_alone(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> {
            var pod = Deployed.pod(deployment).getSecurityContext();
            assertThat(pod.getRunAsNonRoot()).isTrue();
            assertThat(pod.getRunAsUser()).isEqualTo(10001);
            assertThat(pod.getRunAsGroup()).isEqualTo(10001);
            assertThat(pod.getFsGroup()).isEqualTo(10001);
            assertThat(pod.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            var container = Deployed.container(deployment).getSecurityContext();
            assertThat(container.getReadOnlyRootFilesystem()).isTrue();
            assertThat(container.getAllowPrivilegeEscalation()).isFalse();
            assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
            assertThat(container.getCapabilities().getAdd()).isEmpty();

            var writable = Deployed.container(deployment).getVolumeMounts().stream()
                    .filter(mount -> !Boolean.TRUE.equals(mount.getReadOnly()));
            assertThat(writable.map(VolumeMount::getMountPath)).containsExactly("/tmp");
            assertThat(Deployed.volume(deployment, "tmp").getEmptyDir().getSizeLimit())
                    .isNotNull();
        });
        assertThat(deployed.manifests()
                        .named(Namespace.class, "lanyard")
                        .getMetadata()
                        .getLabels())
                .containsEntry("pod-security.kubernetes.io/enforce", "restricted");
    }

    @InEveryWay
    void none_has_any_right_in_kubernetes(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> {
            assertThat(Deployed.pod(deployment).getServiceAccountName()).isEqualTo(service);
            assertThat(Deployed.pod(deployment).getAutomountServiceAccountToken())
                    .isFalse();
            assertThat(Deployed.pod(deployment).getEnableServiceLinks()).isFalse();
            assertThat(deployed.manifests().named(ServiceAccount.class, service).getAutomountServiceAccountToken())
                    .isFalse();
        });
    }

    @InEveryWay
    void its_probes_ask_where_its_health_is_and_wait_for_longer_than_the_answer_may_take(Deployed deployed) {
        var keystoneTimeout = 10;
        deployed.deployments().forEach((service, deployment) -> {
            var container = Deployed.container(deployment);
            assertThat(Deployed.asked(container, container.getStartupProbe()))
                    .isEqualTo(MANAGEMENT.get(service) + "/q/health/live");
            assertThat(Deployed.asked(container, container.getLivenessProbe()))
                    .isEqualTo(MANAGEMENT.get(service) + "/q/health/live");
            assertThat(Deployed.asked(container, container.getReadinessProbe()))
                    .isEqualTo(MANAGEMENT.get(service) + "/q/health/ready");
            // The bridge asks nobody when it is asked.
            assertThat(container.getReadinessProbe().getTimeoutSeconds())
                    .isGreaterThan(service.equals(Settings.BRIDGE) ? 2 : 2 * keystoneTimeout);
        });
    }

    @InEveryWay
    void a_replica_that_goes_has_the_time_to_give_back_its_work(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> {
            var lifecycle = Deployed.container(deployment).getLifecycle();
            var before =
                    lifecycle == null ? 0 : lifecycle.getPreStop().getSleep().getSeconds();
            // What the bridge gives itself is 15 s.
            assertThat(Deployed.pod(deployment).getTerminationGracePeriodSeconds())
                    .isGreaterThanOrEqualTo(before + (service.equals(Settings.BRIDGE) ? 30 : 45));
        });
        assertThat(Deployed.container(deployed.deployments().get("token-issuer"))
                        .getLifecycle())
                .as("the door is open until nobody is sent there any more")
                .isNotNull();
    }

    @InEveryWay
    void an_update_never_takes_a_replica_away_before_another_is_ready(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> {
            var update = deployment.getSpec().getStrategy().getRollingUpdate();
            assertThat(update.getMaxUnavailable().getIntVal()).isZero();
            assertThat(update.getMaxSurge().getIntVal()).isOne();
        });
    }

    @InEveryWay
    void its_memory_is_bounded_and_its_share_of_the_processor_is_not(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> {
            var resources = Deployed.container(deployment).getResources();
            assertThat(resources.getLimits()).containsOnlyKeys("memory");
            assertThat(resources.getRequests()).containsOnlyKeys("memory", "cpu");
            assertThat(resources.getRequests())
                    .containsEntry("memory", resources.getLimits().get("memory"));
        });
    }

    @InEveryWay
    void only_provisioner_and_token_issuer_have_the_key_ring(Deployed deployed) {
        assertThat(deployed.services(volume -> Deployed.isSecret(volume, "key-ring")))
                .containsExactlyInAnyOrder("provisioner", "token-issuer");
        assertThat(deployed.variables("provisioner"))
                .containsEntry(
                        "LANYARD_KEY_RING_CURRENT",
                        deployed.variables("token-issuer").get("LANYARD_KEY_RING_CURRENT"));
        assertThat(deployed.variables("revoker").keySet()).noneMatch(variable -> variable.contains("KEY_RING"));
    }

    @InEveryWay
    void each_has_its_own_user_of_the_database_and_of_keystone_and_the_token_issuer_has_none_of_keystone(
            Deployed deployed) {
        for (var service : Settings.SERVICES) {
            var variables = deployed.variables(service);
            assertThat(variables).containsEntry("LANYARD_DATABASE_USERNAME", "lanyard_" + service.replace('-', '_'));
            assertThat(deployed.secretOf(service, "LANYARD_DATABASE_PASSWORD")).isEqualTo(service + "-database");
            if (!service.equals("token-issuer")) {
                assertThat(variables)
                        .containsEntry("LANYARD_KEYSTONE_USERNAME", "lanyard-" + service)
                        .containsEntry("LANYARD_KEYSTONE_PASSWORD_FILE", "/etc/lanyard/keystone/password")
                        .containsKey("LANYARD_KEYSTONE_PROJECT");
                assertThat(deployed.services(volume -> Deployed.isSecret(volume, service + "-keystone")))
                        .containsExactly(service);
            }
        }
        assertThat(deployed.variables("token-issuer").keySet())
                .noneMatch(
                        variable -> variable.matches("LANYARD_KEYSTONE_(USERNAME|PASSWORD.*|PROJECT.*|USER_DOMAIN)"));
    }

    @InEveryWay
    void no_secret_is_anybody_elses(Deployed deployed) {
        var holders = new HashMap<String, List<String>>();
        deployed.deployments().forEach((service, deployment) -> Deployed.secrets(deployment)
                .forEach(secret -> holders.merge(
                        secret, List.of(service), (one, other) -> Stream.concat(one.stream(), other.stream())
                                .toList())));
        holders.remove("kafka-cluster-ca-cert");
        assertThat(holders.remove("key-ring")).containsExactlyInAnyOrder("provisioner", "token-issuer");
        holders.forEach((secret, services) -> {
            assertThat(services).as(secret).hasSize(1);
            assertThat(secret).contains(services.getFirst());
        });
    }

    @InEveryWay
    void no_value_is_a_secret(Deployed deployed) {
        // That there is no object of kind Secret is seen to where they are read.
        for (var service : deployed.deployments().keySet()) {
            assertThat(deployed.variables(service).keySet())
                    .noneMatch(variable -> variable.matches(".*(PASSWORD|SECRET|TOKEN|JAAS_CONFIG)"));
        }
    }

    @InEveryWay
    void every_variable_is_a_setting_of_the_service_or_what_all_have_in_common(Deployed deployed) {
        for (var service : deployed.deployments().keySet()) {
            for (var variable : deployed.allVariables(service)) {
                var readers = deployed.shared().containsKey(variable) ? Settings.SERVICES : List.of(service);
                assertThat(readers)
                        .as("%s of %s is read", variable, service)
                        .anyMatch(reader -> Settings.known(variable, reader));
            }
        }
    }

    @InEveryWay
    void what_is_required_is_there(Deployed deployed) {
        for (var service : Settings.SERVICES) {
            assertThat(deployed.allVariables(service))
                    .contains(
                            "LANYARD_KAFKA",
                            "LANYARD_DATABASE_URL",
                            "LANYARD_DATABASE_USERNAME",
                            "LANYARD_DATABASE_PASSWORD",
                            "LANYARD_KEYSTONE_URL");
        }
        assertThat(deployed.allVariables("token-issuer"))
                .contains(
                        "LANYARD_DOOR_URL",
                        "LANYARD_RECIPIENTS",
                        "LANYARD_KEY_RING_DIRECTORY",
                        "LANYARD_KEY_RING_CURRENT");
        assertThat(deployed.allVariables("provisioner"))
                .contains("LANYARD_KEY_RING_DIRECTORY", "LANYARD_KEY_RING_CURRENT");
        if (deployed.deployments().containsKey(Settings.BRIDGE)) {
            assertThat(deployed.allVariables(Settings.BRIDGE))
                    .contains(
                            "LANYARD_KAFKA",
                            "LANYARD_RABBITMQ_ADDRESSES",
                            "LANYARD_RABBITMQ_USERNAME",
                            "LANYARD_RABBITMQ_PASSWORD");
        }
    }

    @Test
    void the_bridge_has_nothing_of_the_services_but_what_is_no_secret_and_shows_a_password_of_its_own_to_rabbitmq() {
        everyWay()
                .map(Named::getPayload)
                .filter(way -> way.deployments().containsKey(Settings.BRIDGE))
                .forEach(deployed -> {
                    assertThat(deployed.secretOf(Settings.BRIDGE, "LANYARD_RABBITMQ_PASSWORD"))
                            .isEqualTo("conductor-bridge-rabbitmq");
                    assertThat(Deployed.secrets(deployed.deployments().get(Settings.BRIDGE)))
                            .isSubsetOf(
                                    "conductor-bridge-rabbitmq", "lanyard-conductor-bridge", "kafka-cluster-ca-cert");
                    assertThat(deployed.variables(Settings.BRIDGE))
                            .containsEntry("LANYARD_KAFKA", deployed.shared().get("LANYARD_KAFKA"));
                });
    }

    @Test
    void in_the_example_the_bridge_knows_both_its_sides_by_certificates() {
        var variables = new Deployed(Manifests.ofTheExample()).variables(Settings.BRIDGE);
        assertThat(variables)
                .containsEntry("LANYARD_RABBITMQ_TLS", "true")
                .containsEntry("QUARKUS_TLS_RABBITMQ_TRUST_STORE_PEM_CERTS", "/etc/lanyard/rabbitmq-ca/ca.crt")
                .containsEntry("KAFKA_SECURITY_PROTOCOL", "SSL")
                .containsEntry("KAFKA_SSL_KEYSTORE_LOCATION", "/etc/lanyard/kafka/user.p12");
    }

    @InEveryWay
    void every_file_that_a_variable_names_is_mounted_where_it_is_read(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> deployed.variables(service).entrySet().stream()
                .filter(variable -> Settings.known(variable.getKey(), service))
                .map(Map.Entry::getValue)
                .filter(value -> value.startsWith("/"))
                .forEach(file -> assertThat(Deployed.container(deployment).getVolumeMounts())
                        .as("%s of %s", file, service)
                        .anyMatch(mount -> (file + "/").startsWith(mount.getMountPath() + "/"))));
    }

    @Test
    void in_the_example_every_service_verifies_the_database_by_the_authority_that_the_cloud_adds() {
        var deployed = new Deployed(Manifests.ofTheExample());

        Settings.SERVICES.forEach(service -> {
            var deployment = deployed.deployments().get(service);
            assertThat(deployed.variables(service))
                    .containsEntry("LANYARD_DATABASE_CA_CERTIFICATE", "/etc/lanyard/database-ca/ca.crt");
            assertThat(Deployed.container(deployment).getVolumeMounts())
                    .anyMatch(mount -> mount.getName().equals("database-ca")
                            && mount.getMountPath().equals("/etc/lanyard/database-ca"));
            var map = Deployed.volume(deployment, "database-ca").getConfigMap().getName();
            assertThat(deployed.manifests().named(ConfigMap.class, map).getData())
                    .containsKey("ca.crt");
        });
    }

    @InEveryWay
    void every_configuration_that_is_named_is_there_but_the_recipients_which_are_the_clouds(Deployed deployed) {
        deployed.deployments().forEach((service, deployment) -> {
            var named = Stream.concat(
                    Deployed.container(deployment).getEnvFrom().stream()
                            .map(source -> source.getConfigMapRef().getName()),
                    Deployed.pod(deployment).getVolumes().stream()
                            .map(Volume::getConfigMap)
                            .filter(Objects::nonNull)
                            .map(source -> source.getName()));
            assertThat(named.filter(name -> !name.equals("recipients")))
                    .isSubsetOf(deployed.manifests()
                            .all(ConfigMap.class)
                            .map(map -> map.getMetadata().getName())
                            .toList());
        });
    }

    @InEveryWay
    void the_door_is_one_service_and_what_prometheus_asks_is_another(Deployed deployed) {
        var door = deployed.manifests().named(Service.class, "door").getSpec();
        assertThat(door.getPorts()).hasSize(1);
        assertThat(deployed.reached(
                        "token-issuer",
                        door.getPorts().getFirst().getTargetPort().getStrVal()))
                .isEqualTo(DOOR);
        for (var service : deployed.deployments().keySet()) {
            var metrics = deployed.manifests()
                    .named(Service.class, service + "-metrics")
                    .getSpec();
            assertThat(metrics.getClusterIP()).isEqualTo("None");
            assertThat(metrics.getSelector())
                    .isEqualTo(deployed.deployments()
                            .get(service)
                            .getSpec()
                            .getSelector()
                            .getMatchLabels());
            assertThat(deployed.reached(
                            service,
                            metrics.getPorts().getFirst().getTargetPort().getStrVal()))
                    .isEqualTo(MANAGEMENT.get(service));
        }
    }
}
