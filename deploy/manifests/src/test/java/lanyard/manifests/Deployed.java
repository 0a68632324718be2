package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The services as manifests deploy them: by name, with what they are given. */
record Deployed(Manifests manifests) {
    Map<String, Deployment> deployments() {
        var deployments = new HashMap<String, Deployment>();
        manifests.all(Deployment.class).forEach(deployment -> deployments.put(name(deployment), deployment));
        return deployments;
    }

    static String name(Deployment deployment) {
        return deployment.getMetadata().getName();
    }

    static PodSpec pod(Deployment deployment) {
        return deployment.getSpec().getTemplate().getSpec();
    }

    static Container container(Deployment deployment) {
        assertThat(pod(deployment).getContainers()).hasSize(1);
        assertThat(pod(deployment).getInitContainers()).isEmpty();
        return pod(deployment).getContainers().getFirst();
    }

    static Volume volume(Deployment deployment, String name) {
        return pod(deployment).getVolumes().stream()
                .filter(volume -> volume.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    int reached(String service, String portName) {
        return port(container(deployments().get(service)), portName);
    }

    static String asked(Container container, Probe probe) {
        var request = probe.getHttpGet();
        return port(container, request.getPort().getStrVal()) + request.getPath();
    }

    private static int port(Container container, String name) {
        return container.getPorts().stream()
                .filter(port -> port.getName().equals(name))
                .mapToInt(ContainerPort::getContainerPort)
                .findFirst()
                .orElseThrow();
    }

    List<String> services(Predicate<Volume> has) {
        return deployments().entrySet().stream()
                .filter(each -> pod(each.getValue()).getVolumes().stream().anyMatch(has))
                .map(Map.Entry::getKey)
                .toList();
    }

    static boolean isSecret(Volume volume, String name) {
        return volume.getSecret() != null && volume.getSecret().getSecretName().equals(name);
    }

    static Stream<String> secrets(Deployment deployment) {
        return Stream.concat(
                        pod(deployment).getVolumes().stream()
                                .filter(volume -> volume.getSecret() != null)
                                .map(volume -> volume.getSecret().getSecretName()),
                        container(deployment).getEnv().stream()
                                .filter(variable -> variable.getValueFrom() != null)
                                .map(variable -> variable.getValueFrom()
                                        .getSecretKeyRef()
                                        .getName()))
                .distinct();
    }

    Map<String, String> shared() {
        return configuration("lanyard");
    }

    private Map<String, String> configuration(String name) {
        return manifests
                .all(ConfigMap.class)
                .filter(map -> map.getMetadata().getName().startsWith(name + "-"))
                .findFirst()
                .orElseThrow()
                .getData();
    }

    /** With their values; without those that are taken from a Secret. */
    Map<String, String> variables(String service) {
        var variables = new HashMap<>(shared());
        variables.putAll(configuration(service));
        container(deployments().get(service)).getEnv().stream()
                .filter(variable -> variable.getValueFrom() == null)
                .forEach(variable -> variables.put(variable.getName(), variable.getValue()));
        return variables;
    }

    TreeSet<String> allVariables(String service) {
        var variables = new TreeSet<>(variables(service).keySet());
        container(deployments().get(service)).getEnv().stream()
                .map(EnvVar::getName)
                .forEach(variables::add);
        return variables;
    }

    String secretOf(String service, String variable) {
        return container(deployments().get(service)).getEnv().stream()
                .filter(each -> each.getName().equals(variable))
                .map(each -> each.getValueFrom().getSecretKeyRef().getName())
                .findFirst()
                .orElseThrow();
    }
}
