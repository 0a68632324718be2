package lanyard.manifests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** What a kustomization comes to, each object read as its kind; a field that its kind does not have is an error. */
record Manifests(List<HasMetadata> objects) {
    static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();
    private static final Path DIRECTORY = ROOT.resolve("deploy/kubernetes");
    private static final Map<String, Manifests> RENDERED = new ConcurrentHashMap<>();

    /** Those that are used. Another kind has to be added here, and so is known to be wanted: above all, no Secret is. */
    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.ofEntries(
            Map.entry("v1 ConfigMap", ConfigMap.class),
            Map.entry("v1 Namespace", Namespace.class),
            Map.entry("v1 Service", Service.class),
            Map.entry("v1 ServiceAccount", ServiceAccount.class),
            Map.entry("apps/v1 Deployment", Deployment.class),
            Map.entry("autoscaling/v2 HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
            Map.entry("networking.k8s.io/v1 Ingress", Ingress.class),
            Map.entry("networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class),
            Map.entry("policy/v1 PodDisruptionBudget", PodDisruptionBudget.class),
            Map.entry("monitoring.coreos.com/v1 PrometheusRule", PrometheusRule.class),
            Map.entry("monitoring.coreos.com/v1 ServiceMonitor", ServiceMonitor.class),
            Map.entry("kafka.strimzi.io/v1 KafkaTopic", KafkaTopic.class),
            Map.entry("kafka.strimzi.io/v1 KafkaUser", KafkaUser.class));

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                /** The models would keep whatever they don't know. */
                @Override
                public Boolean hasAnySetter(Annotated member) {
                    return false;
                }
            });

    /** @param kustomization its directory under deploy/kubernetes */
    static Manifests of(String kustomization) {
        return RENDERED.computeIfAbsent(
                kustomization,
                name -> read(DebianProgram.run(
                        DebianProgram.of("kubectl"),
                        "kustomize",
                        DIRECTORY.resolve(name).toString())));
    }

    /** The example of a cloud's own, with the files that each cloud has to add. */
    static Manifests ofTheExample() {
        return ofAnOwn(
                "example",
                Map.of(
                        "recipients.jwks",
                        "{\"keys\":[]}",
                        "ca.crt",
                        "",
                        "database-ca.crt",
                        "",
                        "rabbitmq-ca.crt",
                        "of RabbitMQ"));
    }

    /**
     * What a cloud has of its own, beside the others' directories.
     *
     * @param name of its directory, which may be there
     * @param files that it has beside those
     */
    static Manifests ofAnOwn(String name, Map<String, String> files) {
        return RENDERED.computeIfAbsent("own " + name, own -> {
            var copy = Path.of("target", "kubernetes").toAbsolutePath().normalize();
            try (var all = Files.walk(DIRECTORY)) {
                for (var file : all.filter(Files::isRegularFile).toList()) {
                    var target = copy.resolve(DIRECTORY.relativize(file));
                    Files.createDirectories(target.getParent());
                    Files.write(target, Files.readAllBytes(file));
                }
                Files.createDirectories(copy.resolve(name));
                for (var file : files.entrySet()) {
                    Files.writeString(copy.resolve(name).resolve(file.getKey()), file.getValue());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return read(DebianProgram.run(
                    DebianProgram.of("kubectl"), "kustomize", copy.resolve(name).toString()));
        });
    }

    static Manifests read(String text) {
        var objects = new ArrayList<HasMetadata>();
        try (var parser = YAML.createParser(text);
                var documents = YAML.readValues(parser, new TypeReference<JsonNode>() {})) {
            while (documents.hasNextValue()) {
                objects.add(object(documents.nextValue()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Manifests(List.copyOf(objects));
    }

    private static HasMetadata object(JsonNode document) throws JsonProcessingException {
        var kind = document.path("apiVersion").asText() + " "
                + document.path("kind").asText();
        var type = KINDS.get(kind);
        if (type == null) {
            throw new IllegalStateException("there should be no " + kind);
        }
        return YAML.treeToValue(document, type);
    }

    <T extends HasMetadata> Stream<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast);
    }

    <T extends HasMetadata> T named(Class<T> type, String name) {
        return all(type)
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + type.getSimpleName() + " " + name));
    }
}
