package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import org.junit.jupiter.api.Test;

/** On what a real Keystone answered. */
class BodiesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BODY = Capture.tokens("openstack-trust.txt").getFirst();
    private static final byte[] BYTES = BODY.getBytes(StandardCharsets.UTF_8);

    @Test
    void theTrustIsTold() {
        assertThat(Bodies.trust(BODY)).isEqualTo("41301819c0c04466b37157ed02463ae3");
        assertThat(Bodies.trust(Capture.tokens("openstack-appcred.txt").getFirst()))
                .isNull();
        assertThat(Bodies.trust("{}")).isNull();
        assertThat(Bodies.trust("{\"token\":{\"OS-TRUST:trust\":{\"id\":7}}}")).isNull();
    }

    @Test
    void aProjectIsKnownByItsNameInItsDomain() {
        assertThat(Bodies.isOfProject(BYTES, "swarm-d83c79", new Domain("default", null)))
                .isTrue();
        assertThat(Bodies.isOfProject(BYTES, "swarm-d83c79", new Domain(null, "Default")))
                .isTrue();
        assertThat(Bodies.isOfProject(BYTES, "swarm-d83c79", new Domain("Default", null)))
                .isFalse();
        assertThat(Bodies.isOfProject(BYTES, "swarm-d83c79", new Domain(null, "default")))
                .isFalse();
        assertThat(Bodies.isOfProject(BYTES, "another", new Domain("default", null)))
                .isFalse();
        assertThat(Bodies.isOfProject(
                        "{\"token\":{}}".getBytes(StandardCharsets.UTF_8), "another", new Domain("default", null)))
                .isFalse();
    }

    @Test
    void withoutTheCatalogAllElseIsAsItWas() throws IOException {
        var expected = JSON.readTree(BYTES).deepCopy();
        ((com.fasterxml.jackson.databind.node.ObjectNode) expected.path("token")).remove("catalog");
        assertThat(JSON.readTree(Bodies.withoutCatalog(BYTES))).isEqualTo(expected);
        assertThat(JSON.readTree(Bodies.withoutCatalog(Bodies.withoutCatalog(BYTES))))
                .isEqualTo(expected);
    }

    @Test
    void theCatalogIsTheTokensOwn() throws IOException {
        var answer = JSON.readTree(Bodies.catalog(BYTES, "https://door.example/v3/auth/catalog"));
        assertThat(answer.path("catalog")).isEqualTo(JSON.readTree(BYTES).at("/token/catalog"));
        assertThat(answer.path("catalog")).isNotEmpty();
        assertThat(links(answer)).isEqualTo("https://door.example/v3/auth/catalog");
    }

    @Test
    void theOnlyProjectIsTheTokensOwn() throws IOException {
        var answer = JSON.readTree(
                Bodies.projects(BYTES, "https://door.example/v3/auth/projects", "https://door.example/v3"));
        assertThat(answer.path("projects")).hasSize(1);
        assertThat(answer.path("projects").get(0))
                .isEqualTo(
                        JSON.readTree(
                                """
                                {"id":"ec1f3ae6398c48669d76f7c40f4b2cf5","name":"swarm-d83c79","domain_id":"default",
                                 "enabled":true,"is_domain":false,
                                 "links":{"self":"https://door.example/v3/projects/ec1f3ae6398c48669d76f7c40f4b2cf5"}}
                                """));
        assertThat(links(answer)).isEqualTo("https://door.example/v3/auth/projects");
    }

    private static String links(JsonNode answer) {
        assertThat(answer.at("/links/next").isNull()).isTrue();
        assertThat(answer.at("/links/previous").isNull()).isTrue();
        return answer.at("/links/self").textValue();
    }
}
