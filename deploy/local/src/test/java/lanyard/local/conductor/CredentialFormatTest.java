package lanyard.local.conductor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.charset.StandardCharsets;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialFormatTest {
    private static final String HOSTILE = "a\"b'c\\d$(id)`id`;#%{x}: [y], &z *w !t é \uD83D\uDD11";

    private static ClientCredential credential(String secret) {
        return new ClientCredential(
                "11111111-2222-4333-8444-555555555555",
                "p",
                "cloud-provider",
                1,
                "http://127.0.0.1:1/v3",
                "id",
                secret,
                "u",
                "n",
                "d",
                "t");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                HOSTILE,
                "line\nbreak\tand\u0007bell\u007f",
                "- no\n  injected: true",
                " lead and trail ",
                ""
            })
    void cloudsYamlHoldsWhateverTheValueIs(String secret) throws Exception {
        var yaml = new YAMLMapper().readTree(CredentialFormat.CLOUDS_YAML.of(credential(secret)));
        assertThat(yaml.at("/clouds/cluster/auth_type").asText()).isEqualTo("v3applicationcredential");
        assertThat(yaml.at("/clouds/cluster/auth/application_credential_secret").asText())
                .isEqualTo(secret);
        assertThat(yaml.at("/clouds/cluster/auth").size()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", HOSTILE, "line\nbreak", "'; touch /tmp/never; '", "", "-n"})
    void openrcHoldsWhateverTheValueIs(String secret) throws Exception {
        var script = CredentialFormat.OPENRC.of(credential(secret)) + "printf %s \"$OS_APPLICATION_CREDENTIAL_SECRET\"";
        var builder = new ProcessBuilder("sh", "-eu", "-c", script);
        builder.environment().put("OS_PROJECT_NAME", "left over");
        var process = builder.start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(secret);
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void cloudConfQuotesAsGcfgReads() {
        assertThat(CredentialFormat.CLOUD_CONF.of(credential("a\"b\\c\n[Global]; #")))
                .isEqualTo(
                        """
                        [Global]
                        auth-url = "http://127.0.0.1:1/v3"
                        application-credential-id = "id"
                        application-credential-secret = "a\\"b\\\\c\\n[Global]; #"
                        """);
        assertThatThrownBy(() -> CredentialFormat.CLOUD_CONF.of(credential("secret\u0000")))
                .isInstanceOf(Trouble.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void jsonHoldsAllThatWasSealed() throws Exception {
        var json = new ObjectMapper().readTree(CredentialFormat.JSON.of(credential(HOSTILE)));
        assertThat(json.path("application_credential_secret").asText()).isEqualTo(HOSTILE);
        assertThat(json.fieldNames()).toIterable().hasSize(11).contains("user_domain_id", "trust_id", "auth_url");
    }

    @Test
    void aCredentialDoesNotPrintItsSecret() {
        assertThat(credential("s3cr3t").toString()).doesNotContain("s3cr3t");
    }
}
