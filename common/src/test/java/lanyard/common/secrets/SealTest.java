package lanyard.common.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.RSADecrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealTest {
    private static final String CONTENT = "{\"application_credential_secret\":\"hunter2\"}";
    private static ECKey elliptic;
    private static RSAKey rsa;

    @TempDir
    Path directory;

    @BeforeAll
    static void makeKeys() throws Exception {
        elliptic = new ECKeyGenerator(Curve.P_256).keyID("conductor").generate();
        rsa = rsa(2048, "rsa");
    }

    @Test
    void whatIsSealedToAnEllipticCurveKeyOpensWithItsPrivatePart() throws Exception {
        var sealed = read(elliptic.toPublicJWK()).seal(Secret.of(CONTENT));

        assertThat(sealed).extracting(Seal.Sealed::recipient).containsExactly("conductor");
        var jwe = JWEObject.parse(sealed.getFirst().jwe());
        assertThat(jwe.getHeader().getAlgorithm()).isEqualTo(JWEAlgorithm.ECDH_ES_A256KW);
        assertThat(jwe.getHeader().getEncryptionMethod()).isEqualTo(EncryptionMethod.A256GCM);
        assertThat(jwe.getHeader().getKeyID()).isEqualTo("conductor");
        jwe.decrypt(new ECDHDecrypter(elliptic));
        assertThat(jwe.getPayload()).hasToString(CONTENT);
    }

    @Test
    void whatIsSealedToAnRsaKeyOpensWithItsPrivatePart() throws Exception {
        var jwe = JWEObject.parse(
                read(rsa.toPublicJWK()).seal(Secret.of(CONTENT)).getFirst().jwe());

        assertThat(jwe.getHeader().getAlgorithm()).isEqualTo(JWEAlgorithm.RSA_OAEP_256);
        assertThat(jwe.getHeader().getEncryptionMethod()).isEqualTo(EncryptionMethod.A256GCM);
        jwe.decrypt(new RSADecrypter(rsa));
        assertThat(jwe.getPayload()).hasToString(CONTENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"P-256", "P-384", "P-521"})
    void everyCurveOfTheStandardWillDo(String curve) throws Exception {
        var key = new ECKeyGenerator(Curve.parse(curve)).keyID("k").generate();
        var jwe = JWEObject.parse(
                read(key.toPublicJWK()).seal(Secret.of(CONTENT)).getFirst().jwe());

        jwe.decrypt(new ECDHDecrypter(key));

        assertThat(jwe.getPayload()).hasToString(CONTENT);
    }

    @Test
    void everyRecipientGetsItsOwnAndNobodyElseOpensIt() throws Exception {
        var other = new ECKeyGenerator(Curve.P_256).keyID("other").generate();
        var seal = read(elliptic.toPublicJWK(), other.toPublicJWK(), rsa.toPublicJWK());

        var sealed = seal.seal(Secret.of(CONTENT));

        assertThat(seal.recipients()).containsExactly("conductor", "other", "rsa");
        assertThat(sealed).extracting(Seal.Sealed::recipient).containsExactly("conductor", "other", "rsa");
        var others = JWEObject.parse(sealed.get(1).jwe());
        assertThatThrownBy(() -> others.decrypt(new ECDHDecrypter(elliptic))).isInstanceOf(JOSEException.class);
        others.decrypt(new ECDHDecrypter(other));
        assertThat(others.getPayload()).hasToString(CONTENT);
    }

    @Test
    void nothingOfTheContentIsToBeSeen() throws Exception {
        var seal = read(elliptic.toPublicJWK());

        var sealed = seal.seal(Secret.of(CONTENT));

        assertThat(sealed.toString())
                .doesNotContain("hunter2", Base64URL.encode(CONTENT).toString());
        // Sealed again it looks different: nobody can tell whether it is the same.
        assertThat(seal.seal(Secret.of(CONTENT)).getFirst().jwe())
                .isNotEqualTo(sealed.getFirst().jwe());
    }

    @Test
    void aPrivateKeyIsRefusedAndCountsAsLeaked() throws Exception {
        for (var key : List.of(elliptic, rsa)) {
            assertRefused("'" + key.getKeyID() + "'", key).hasMessageContaining("public part");
        }
    }

    @Test
    void oneThatIsPrivateAmongOthersIsRefused() throws Exception {
        assertRefused("'rsa'", elliptic.toPublicJWK(), rsa);
    }

    @Test
    void aSharedSecretIsNoRecipient() throws Exception {
        var shared = new OctetSequenceKeyGenerator(256).keyID("shared").generate();

        assertRefused("'shared'", shared);
    }

    @Test
    void aKeyWithoutANameIsRefused() throws Exception {
        var unnamed = new ECKey.Builder(elliptic.toPublicJWK()).keyID(null).build();

        assertRefused("kid", unnamed);
    }

    @Test
    void twoKeysOfOneNameAreRefused() throws Exception {
        var twin = new ECKeyGenerator(Curve.P_256).keyID("conductor").generate();

        assertRefused("kid", elliptic.toPublicJWK(), twin.toPublicJWK());
    }

    @Test
    void aShortRsaKeyIsRefused() throws Exception {
        assertRefused("'short'", rsa(1024, "short").toPublicJWK()).hasMessageContaining("2048");
    }

    @Test
    void aKeyForSignaturesOnlyIsRefused() throws Exception {
        // The public key of RFC 8037, appendix A.2.
        var ed25519 = new OctetKeyPair.Builder(
                        Curve.Ed25519, new Base64URL("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
                .keyID("ed")
                .build();

        assertRefused("'ed'", ed25519);
    }

    @Test
    void aCurveThatCantBeSealedToIsRefusedWhenItIsReadAndNotWhenItIsNeeded() throws Exception {
        // The generator of secp256k1: a point on the curve, which is all that counts here.
        var bitcoin = new ECKey.Builder(
                        Curve.SECP256K1,
                        Base64URL.encode(new java.math.BigInteger(
                                "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", 16)),
                        Base64URL.encode(new java.math.BigInteger(
                                "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8", 16)))
                .keyID("bitcoin")
                .build();

        assertRefused("'bitcoin'", bitcoin);
    }

    @Test
    void aSetWithoutKeysIsRefused() throws Exception {
        assertRefused("nobody could open");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "hunter2", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[{\"kty\":\"EC\",\"d\":\"hunter2\"}]}"})
    void whatIsNoKeySetIsNamedAndNotQuoted(String content) throws IOException {
        var file = Files.writeString(directory.resolve("recipients.jwks"), content);

        assertThatThrownBy(() -> Seal.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(file.toString())
                .hasNoCause()
                .satisfies(e -> assertThat(e.toString()).doesNotContain("hunter2"));
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Seal.read(directory.resolve("missing.jwks")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(directory.resolve("missing.jwks").toString());
    }

    private Seal read(JWK... keys) throws IOException {
        return Seal.read(write(keys));
    }

    private Path write(JWK... keys) throws IOException {
        // With the private members, where a key has them.
        return Files.writeString(directory.resolve("recipients.jwks"), new JWKSet(List.of(keys)).toString(false));
    }

    private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertRefused(String why, JWK... keys)
            throws IOException {
        var file = write(keys);
        return assertThatThrownBy(() -> Seal.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why)
                .hasMessageContaining(file.toString())
                .satisfies(e -> {
                    for (var key : keys) {
                        for (var member : List.of("d", "p", "q", "k", "x", "y", "n")) {
                            if (key.toJSONObject().get(member) instanceof String material) {
                                assertThat(e.toString()).doesNotContain(material);
                            }
                        }
                    }
                });
    }

    /** By the JDK: Nimbus makes no short ones. */
    private static RSAKey rsa(int bits, String name) throws NoSuchAlgorithmException {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        var pair = generator.generateKeyPair();
        return new RSAKey.Builder((RSAPublicKey) pair.getPublic())
                .privateKey((RSAPrivateKey) pair.getPrivate())
                .keyID(name)
                .build();
    }
}
