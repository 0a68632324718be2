package lanyard.local.conductor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEEncrypter;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.crypto.RSAEncrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import java.time.Instant;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConductorKeyTest {
    private static final String CLUSTER = "11111111-2222-4333-8444-555555555555";
    private static final String INSIDE =
            """
            {"cluster":"%s","project":"p","purpose":"cloud-provider","generation":1,"auth_url":"http://127.0.0.1:1/v3",
             "application_credential_id":"id","application_credential_secret":"s3cr3t","user_id":"u","username":"n",
             "user_domain_id":"d","trust_id":"t","of_a_later_version":true}""";

    private static ECKey ec;
    private static RSAKey rsa;

    @BeforeAll
    static void makeKeys() throws Exception {
        ec = new ECKeyGenerator(Curve.P_256).keyID("conductor").generate();
        rsa = new RSAKeyGenerator(2048).keyID("conductor").generate();
    }

    @Test
    void opensWhatIsSealedToAnEllipticKey() throws Exception {
        var ready =
                ready("conductor", seal(INSIDE.formatted(CLUSTER), JWEAlgorithm.ECDH_ES_A256KW, new ECDHEncrypter(ec)));
        var credential = ConductorKey.of(ec.toJSONString()).open(ready);
        assertThat(credential.applicationCredentialSecret()).isEqualTo("s3cr3t");
        assertThat(credential.trustId()).isEqualTo("t");
    }

    @Test
    void opensWhatIsSealedToAnRsaKey() throws Exception {
        var ready =
                ready("conductor", seal(INSIDE.formatted(CLUSTER), JWEAlgorithm.RSA_OAEP_256, new RSAEncrypter(rsa)));
        assertThat(ConductorKey.of(rsa.toJSONString()).open(ready).applicationCredentialSecret())
                .isEqualTo("s3cr3t");
    }

    @Test
    void refusesAnotherRecipientAnotherKeyAndAnotherAlgorithm() throws Exception {
        var key = ConductorKey.of(ec.toJSONString());
        var sealed = seal(INSIDE.formatted(CLUSTER), JWEAlgorithm.ECDH_ES_A256KW, new ECDHEncrypter(ec));
        assertThatThrownBy(() -> key.open(ready("somebody", sealed)))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("not sealed to");

        var stranger = new ECKeyGenerator(Curve.P_256).keyID("conductor").generate();
        var toStranger = seal(INSIDE.formatted(CLUSTER), JWEAlgorithm.ECDH_ES_A256KW, new ECDHEncrypter(stranger));
        assertThatThrownBy(() -> key.open(ready("conductor", toStranger)))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("does not open");

        var weaker = seal(INSIDE.formatted(CLUSTER), JWEAlgorithm.ECDH_ES, new ECDHEncrypter(ec));
        assertThatThrownBy(() -> key.open(ready("conductor", weaker)))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("ECDH-ES with A256GCM");
    }

    @Test
    void refusesTheCredentialOfAnotherCluster() throws Exception {
        var other = seal(
                INSIDE.formatted("99999999-2222-4333-8444-555555555555"),
                JWEAlgorithm.ECDH_ES_A256KW,
                new ECDHEncrypter(ec));
        assertThatThrownBy(() -> ConductorKey.of(ec.toJSONString()).open(ready("conductor", other)))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("another cluster");
    }

    @Test
    void whatIsInsideNeverGetsIntoAnError() throws Exception {
        var broken = seal("{\"cluster\": s3cr3t", JWEAlgorithm.ECDH_ES_A256KW, new ECDHEncrypter(ec));
        assertThatThrownBy(() -> ConductorKey.of(ec.toJSONString()).open(ready("conductor", broken)))
                .isInstanceOf(Trouble.class)
                .hasMessageNotContaining("s3cr3t")
                .hasNoCause();
        assertThatThrownBy(() -> ConductorKey.of("{\"kty\":\"EC\",\"d\":\"s3cr3t\"}"))
                .isInstanceOf(Trouble.class)
                .hasNoCause();
        assertThatThrownBy(() -> ConductorKey.of(ec.toPublicJWK().toJSONString()))
                .isInstanceOf(Trouble.class);
    }

    static String seal(String inside, JWEAlgorithm algorithm, JWEEncrypter to) throws Exception {
        var jwe = new JWEObject(new JWEHeader(algorithm, EncryptionMethod.A256GCM), new Payload(inside));
        jwe.encrypt(to);
        return jwe.serialize();
    }

    private static CredentialEvent ready(String recipient, String jwe) {
        var data = PythonJson.read(
                """
                {"purpose":"cloud-provider","generation":1,"sealed":[{"recipient":"%s","jwe":"%s"}]}"""
                        .formatted(recipient, jwe));
        return new CredentialEvent("", CredentialEvent.READY, CLUSTER, Instant.EPOCH, data);
    }
}
