package lanyard.local.conductor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEDecrypter;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.RSADecrypter;
import com.nimbusds.jose.jwk.JWK;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.stream.StreamSupport;
import lanyard.local.terminal.Trouble;

/**
 * The conductor's private key, which opens what was sealed to it: {@code ECDH-ES+A256KW} for an EC key, {@code RSA-OAEP-256} for an
 * RSA key, {@code A256GCM} for the content (RFC 7518). Any other algorithm is refused, whatever the seal itself says.
 */
public final class ConductorKey {
    private static final JsonMapper JSON = new JsonMapper();

    private final JWK key;

    private ConductorKey(JWK key) {
        this.key = key;
    }

    /** Reads a private JSON Web Key (RFC 7517). */
    public static ConductorKey read(Path file) {
        try {
            return of(Files.readString(file));
        } catch (IOException e) {
            throw new Trouble("can't read the conductor's key " + file, "./lanyard up makes one", e);
        }
    }

    static ConductorKey of(String jwk) {
        try {
            var key = JWK.parse(jwk);
            if (key.isPrivate()) {
                return new ConductorKey(key);
            }
        } catch (ParseException e) {
            // The parser's message may quote the key, so it goes no further.
        }
        throw new Trouble(
                "the conductor's key is no private JSON Web Key", "look at the file LANYARD_CONDUCTOR_KEY names");
    }

    /** Opens the seal on a {@code credential.ready} and holds that what is inside belongs to that event's cluster. */
    public ClientCredential open(CredentialEvent ready) {
        var jwe = StreamSupport.stream(ready.data().path("sealed").spliterator(), false)
                .filter(seal -> seal.path("recipient").asText().equals(key.getKeyID()))
                .map(seal -> seal.path("jwe").asText())
                .findFirst()
                .orElseThrow(() -> new Trouble(
                        "the credential is not sealed to the recipient " + key.getKeyID(),
                        "add its public key to LANYARD_RECIPIENTS and restart the token issuer"));
        try {
            var credential = JSON.readValue(open(jwe), ClientCredential.class);
            if (!credential.cluster().equals(ready.cluster())) {
                throw new Trouble(
                        "the seal of cluster %s holds another cluster's credential".formatted(ready.cluster()),
                        "don't use it: somebody else writes to the topic");
            }
            return credential;
        } catch (JsonProcessingException e) {
            // Its message may quote what was inside.
            throw new Trouble("what is inside the seal is not a credential", "see that all services have one version");
        }
    }

    private String open(String compact) {
        try {
            var jwe = JWEObject.parse(compact);
            var header = jwe.getHeader();
            if (!header.getAlgorithm().equals(algorithm())
                    || !header.getEncryptionMethod().equals(EncryptionMethod.A256GCM)) {
                throw new Trouble(
                        "the seal uses %s with %s".formatted(header.getAlgorithm(), header.getEncryptionMethod()),
                        "only %s with A256GCM is accepted".formatted(algorithm()));
            }
            jwe.decrypt(decrypter());
            return jwe.getPayload().toString();
        } catch (ParseException | JOSEException e) {
            throw new Trouble(
                    "the seal does not open with the conductor's key", "it was made for another key or was altered", e);
        }
    }

    private JWEAlgorithm algorithm() {
        return switch (key.getKeyType().getValue()) {
            case "EC" -> JWEAlgorithm.ECDH_ES_A256KW;
            case "RSA" -> JWEAlgorithm.RSA_OAEP_256;
            default ->
                throw new Trouble("the conductor's key is of type " + key.getKeyType(), "use an EC or an RSA key");
        };
    }

    private JWEDecrypter decrypter() throws JOSEException {
        return switch (algorithm().getName()) {
            case "RSA-OAEP-256" -> new RSADecrypter(key.toRSAKey());
            default -> new ECDHDecrypter(key.toECKey());
        };
    }
}
