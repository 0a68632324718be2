package lanyard.common.secrets;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEEncrypter;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.crypto.RSAEncrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.IOException;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Seals a credential to the public keys of its recipients, as JWE (RFC 7516) in compact form: ECDH-ES+A256KW to elliptic-curve
 * keys, RSA-OAEP-256 to RSA keys, A256GCM for the content.
 */
public final class Seal {
    private static final int SHORTEST_RSA_KEY = 2048;
    private static final Set<Curve> CURVES = Set.of(Curve.P_256, Curve.P_384, Curve.P_521);

    private final List<JWK> recipients;

    private Seal(List<JWK> recipients) {
        this.recipients = recipients;
    }

    /** What was sealed for one recipient. {@code recipient} is the {@code kid} of its key. */
    public record Sealed(String recipient, String jwe) {}

    /**
     * Reads the recipients' public keys from a JWK Set (RFC 7517), one key per recipient, named by its {@code kid}.
     *
     * @throws IllegalArgumentException when the file can't be read, holds no key, or a key is private, unnamed, named twice, too
     *     short, or of a type that can't be sealed to; the message names the key and what to do
     */
    public static Seal read(Path jwks) {
        List<JWK> keys;
        try {
            keys = JWKSet.load(jwks.toFile()).getKeys();
        } catch (IOException e) {
            throw new IllegalArgumentException("can't read the recipients' keys from " + jwks, e);
        } catch (ParseException e) {
            // Its message may quote what it could not parse.
            throw new IllegalArgumentException(jwks + " is not a JWK Set");
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException(jwks + " holds no key: nobody could open what is sealed");
        }
        var names = new HashSet<String>();
        keys.forEach(key -> {
            if (key.getKeyID() == null || !names.add(key.getKeyID())) {
                throw new IllegalArgumentException("every key in " + jwks + " needs a `kid` of its own");
            }
            if (key.isPrivate()) {
                throw new IllegalArgumentException("key '" + key.getKeyID() + "' in " + jwks
                        + " is a private key: give Lanyard its public part only, and treat the key as leaked");
            }
            if (!canSealTo(key)) {
                throw new IllegalArgumentException(
                        "key '" + key.getKeyID() + "' in " + jwks
                                + " is neither an elliptic-curve key on P-256, P-384 or P-521 nor an RSA key of 2048 bits or more");
            }
        });
        return new Seal(List.copyOf(keys));
    }

    private static boolean canSealTo(JWK key) {
        return switch (key) {
            case ECKey elliptic -> CURVES.contains(elliptic.getCurve());
            case RSAKey rsa -> rsa.size() >= SHORTEST_RSA_KEY;
            default -> false;
        };
    }

    /** The {@code kid}s of all recipients. */
    public List<String> recipients() {
        return recipients.stream().map(JWK::getKeyID).toList();
    }

    /** Seals {@code content} once for each recipient. */
    public List<Sealed> seal(Secret content) {
        return recipients.stream()
                .map(recipient -> new Sealed(recipient.getKeyID(), seal(content, recipient)))
                .toList();
    }

    private static String seal(Secret content, JWK recipient) {
        try {
            JWEEncrypter encrypter;
            JWEAlgorithm algorithm;
            switch (recipient) {
                case ECKey key -> {
                    encrypter = new ECDHEncrypter(key);
                    algorithm = JWEAlgorithm.ECDH_ES_A256KW;
                }
                case RSAKey key -> {
                    encrypter = new RSAEncrypter(key);
                    algorithm = JWEAlgorithm.RSA_OAEP_256;
                }
                default -> throw new IllegalStateException("a recipient's key was not checked when it was read");
            }
            var header = new JWEHeader.Builder(algorithm, EncryptionMethod.A256GCM)
                    .keyID(recipient.getKeyID())
                    .contentType("application/json")
                    .build();
            var jwe = new JWEObject(header, new Payload(content.reveal()));
            jwe.encrypt(encrypter);
            return jwe.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("can't seal to '" + recipient.getKeyID() + "'", e);
        }
    }
}
