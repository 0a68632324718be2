package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPath;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBackend;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who can talk to whom, by the rules by which Kubernetes reads network policies. */
class NetworkPoliciesTest {
    private static final int DOOR = 8080;
    private static final int DOOR_WITH_TLS = 8443;
    private static final int HIGHEST_PORT = 65535;
    private static final Set<Integer> KAFKA = Set.of(9092, 9093);
    private static final int POSTGRESQL = 5432;
    private static final Set<Integer> KEYSTONE = Set.of(443, 5000);
    private static final int CONDUCTOR = 9511;
    private static final Set<Integer> RABBITMQ = Set.of(5671, 5672);

    private static final Pattern REQUEST = Pattern.compile("`[A-Z][A-Z, `]* (/[a-z0-9/]*)`");

    private final Manifests base = Manifests.of("overlays/highly-available");
    private final Manifests example = Manifests.ofTheExample();

    /** What a peer is known by. Anything that is not Lanyard's has no labels that we know. */
    private record Pod(String namespace, Map<String, String> labels, Map<String, Integer> namedPorts) {
        static Pod elsewhere(String namespace) {
            return new Pod(namespace, Map.of(), Map.of());
        }
    }

    @Test
    void what_is_not_allowed_is_forbidden_in_both_directions() {
        var nothing = base.named(NetworkPolicy.class, "nothing").getSpec();
        assertThat(nothing.getPodSelector()).isEqualTo(new LabelSelector());
        assertThat(nothing.getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
        assertThat(nothing.getIngress()).isEmpty();
        assertThat(nothing.getEgress()).isEmpty();
    }

    @Test
    void no_service_reaches_another() {
        for (var manifests : List.of(base, example)) {
            var all = new Deployed(manifests).deployments().keySet();
            for (var from : all) {
                for (var to : all) {
                    var listening = pod(manifests, to).namedPorts().values();
                    assertThat(Stream.concat(listening.stream(), Stream.of(DOOR_WITH_TLS)))
                            .as("%s to %s", from, to)
                            .noneMatch(port ->
                                    leaving(manifests, from, pod(manifests, to)).test(port));
                }
            }
        }
    }

    @Test
    void each_reaches_what_it_works_with_and_the_revoker_alone_the_conductors_api() {
        for (var service : Settings.SERVICES) {
            var expected = Stream.of(KAFKA.stream(), Stream.of(POSTGRESQL), KEYSTONE.stream())
                    .flatMap(ports -> ports)
                    .collect(Collectors.toSet());
            if (service.equals("revoker")) {
                expected.add(CONDUCTOR);
            }
            assertThat(reached(base, service)).as(service).isEqualTo(expected);
            assertThat(reached(example, service)).as(service).isEqualTo(expected);
            assertThat(leaving(base, service, Pod.elsewhere("kube-system")).test(53))
                    .isTrue();
        }
    }

    @Test
    void the_bridge_reaches_both_its_sides_and_nothing_else_and_is_reached_by_prometheus_alone() {
        assertThat(reached(example, Settings.BRIDGE))
                .isEqualTo(Stream.concat(KAFKA.stream(), RABBITMQ.stream()).collect(Collectors.toSet()));
        assertThat(leaving(example, Settings.BRIDGE, Pod.elsewhere("kube-system"))
                        .test(53))
                .isTrue();
        assertThat(IntStream.rangeClosed(1, HIGHEST_PORT)
                        .filter(entering(example, Pod.elsewhere("elsewhere"), Settings.BRIDGE)))
                .isEmpty();
        assertThat(IntStream.rangeClosed(1, HIGHEST_PORT)
                        .filter(entering(example, Pod.elsewhere("monitoring"), Settings.BRIDGE)))
                .containsExactly(8080);
    }

    private static Set<Integer> reached(Manifests manifests, String service) {
        return IntStream.rangeClosed(1, HIGHEST_PORT)
                .filter(leaving(manifests, service, Pod.elsewhere("elsewhere")))
                .boxed()
                .collect(Collectors.toSet());
    }

    @Test
    void everybody_reaches_the_door_and_nothing_else() {
        for (var service : Settings.SERVICES) {
            var open =
                    IntStream.rangeClosed(1, HIGHEST_PORT).filter(entering(base, Pod.elsewhere("elsewhere"), service));
            if (service.equals("token-issuer")) {
                assertThat(open).containsExactly(DOOR);
            } else {
                assertThat(open).isEmpty();
            }
        }
    }

    @Test
    void prometheus_reaches_the_metrics() {
        assertThat(entering(base, Pod.elsewhere("monitoring"), "provisioner").test(8080))
                .isTrue();
        assertThat(entering(base, Pod.elsewhere("monitoring"), "token-issuer").test(9000))
                .isTrue();
        assertThat(entering(base, Pod.elsewhere("monitoring"), "revoker").test(8080))
                .isTrue();
    }

    @Test
    void behind_a_proxy_whose_word_is_taken_for_a_clients_address_nobody_but_the_proxy_reaches_the_door() {
        assertThat(entering(example, Pod.elsewhere("ingress"), "token-issuer").test(DOOR))
                .isTrue();
        assertThat(entering(example, Pod.elsewhere("elsewhere"), "token-issuer").test(DOOR))
                .isFalse();
    }

    @Test
    void the_proxy_passes_on_what_the_door_answers_and_nothing_else() throws IOException {
        var ingress = example.named(Ingress.class, "door").getSpec();
        assertThat(ingress.getRules()).hasSize(1);
        var rule = ingress.getRules().getFirst();
        assertThat(rule.getHttp().getPaths())
                .allSatisfy(path -> assertThat(path.getPathType()).isEqualTo("Exact"))
                .extracting(HTTPIngressPath::getPath)
                .containsExactlyInAnyOrderElementsOf(answeredByTheDoor());
        assertThat(rule.getHttp().getPaths())
                .extracting(HTTPIngressPath::getBackend)
                .extracting(IngressBackend::getService)
                .allSatisfy(service -> assertThat(service.getName()).isEqualTo("door"));

        var url = URI.create(example.all(ConfigMap.class)
                .filter(map -> map.getMetadata().getName().startsWith("token-issuer-"))
                .findFirst()
                .orElseThrow()
                .getData()
                .get("LANYARD_DOOR_URL"));
        assertThat(url).hasScheme("https").hasHost(rule.getHost()).hasPath("/v3");
        assertThat(ingress.getTls().getFirst().getHosts()).containsExactly(rule.getHost());
    }

    /** The paths in the table of docs/door.md. */
    private static Set<String> answeredByTheDoor() throws IOException {
        var document = Files.readString(Manifests.ROOT.resolve("docs/door.md"));
        var paths = document.substring(
                        document.indexOf("\n## Which requests\n"), document.indexOf("\nThe methods of a login"))
                .lines()
                .flatMap(line -> REQUEST.matcher(line).results())
                .map(request -> request.group(1))
                .collect(Collectors.toSet());
        assertThat(paths).contains("/", "/v3/auth/tokens");
        return paths;
    }

    // ---- How Kubernetes reads them

    private static Pod pod(Manifests manifests, String service) {
        var template = manifests.named(Deployment.class, service).getSpec().getTemplate();
        return new Pod(
                "lanyard",
                template.getMetadata().getLabels(),
                template.getSpec().getContainers().getFirst().getPorts().stream()
                        .collect(Collectors.toMap(ContainerPort::getName, ContainerPort::getContainerPort)));
    }

    /** To which ports of that pod the service may connect. */
    private static IntPredicate leaving(Manifests manifests, String service, Pod to) {
        var ports = policies(manifests, pod(manifests, service), "Egress")
                .flatMap(policy -> policy.getSpec().getEgress().stream())
                .filter(rule -> matches(rule.getTo(), to))
                .map(NetworkPolicyEgressRule::getPorts)
                .toList();
        return port -> ports.stream().anyMatch(each -> includes(each, to, port));
    }

    /** To which ports of the service that pod may connect. */
    private static IntPredicate entering(Manifests manifests, Pod from, String service) {
        var pod = pod(manifests, service);
        var ports = policies(manifests, pod, "Ingress")
                .flatMap(policy -> policy.getSpec().getIngress().stream())
                .filter(rule -> matches(rule.getFrom(), from))
                .map(NetworkPolicyIngressRule::getPorts)
                .toList();
        return port -> ports.stream().anyMatch(each -> includes(each, pod, port));
    }

    private static Stream<NetworkPolicy> policies(Manifests manifests, Pod pod, String type) {
        return manifests
                .all(NetworkPolicy.class)
                .filter(policy -> policy.getSpec().getPolicyTypes().contains(type))
                .filter(policy -> selects(policy.getSpec().getPodSelector(), pod.labels()));
    }

    private static boolean matches(List<NetworkPolicyPeer> peers, Pod pod) {
        return peers.isEmpty() || peers.stream().anyMatch(peer -> matches(peer, pod));
    }

    private static boolean matches(NetworkPolicyPeer peer, Pod pod) {
        if (peer.getIpBlock() != null) {
            // Which addresses pods have is not known here.
            return true;
        }
        var ofItsNamespace = Map.of("kubernetes.io/metadata.name", pod.namespace());
        boolean namespace = peer.getNamespaceSelector() == null
                ? pod.namespace().equals("lanyard")
                : selects(peer.getNamespaceSelector(), ofItsNamespace);
        return namespace && (peer.getPodSelector() == null || selects(peer.getPodSelector(), pod.labels()));
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        assertThat(selector.getMatchExpressions())
                .as("what this test can read")
                .allMatch(expression -> expression.getOperator().equals("In"));
        return selector.getMatchExpressions().stream()
                        .allMatch(expression -> expression.getValues().contains(labels.get(expression.getKey())))
                && labels.entrySet()
                        .containsAll(
                                selector.getMatchLabels() == null
                                        ? Set.of()
                                        : selector.getMatchLabels().entrySet());
    }

    private static boolean includes(List<NetworkPolicyPort> ports, Pod listening, int port) {
        return ports.isEmpty() || ports.stream().anyMatch(each -> number(each.getPort(), listening) == port);
    }

    private static int number(IntOrString port, Pod listening) {
        return port.getIntVal() != null
                ? port.getIntVal()
                : listening.namedPorts().getOrDefault(port.getStrVal(), 0);
    }
}
