package lanyard.local.stack;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.ParseException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import lanyard.local.terminal.Trouble;

/** The keys of a stack: the ring of master keys that the services share, and the conductor's pair, to which credentials are sealed. */
final class Keys {
    private static final String CURRENT = "k1";
    private static final String CONDUCTOR = "conductor.jwk";
    private static final String RECIPIENTS = "recipients.jwks";

    private final Home home;

    Keys(Home home) {
        this.home = home;
    }

    /** Makes the keys that are missing; returns the variables that tell where they are. */
    Map<String, String> ensure() {
        home.makeDirectory("keys");
        var ring = "keys/" + CURRENT;
        if (home.read(ring).isEmpty()) {
            var key = new byte[32];
            new SecureRandom().nextBytes(key);
            home.write(ring, Base64.getEncoder().encodeToString(key) + "\n");
        }
        var conductor = home.read(CONDUCTOR).map(this::parse).orElseGet(this::generate);
        var recipients = new JWKSet(conductor.toPublicJWK()).toString(true) + "\n";
        if (!home.read(RECIPIENTS).equals(Optional.of(recipients))) {
            home.write(RECIPIENTS, recipients);
        }
        return Map.of(
                "LANYARD_KEY_RING_DIRECTORY", home.file("keys").toString(),
                "LANYARD_KEY_RING_CURRENT", CURRENT,
                "LANYARD_RECIPIENTS", home.file(RECIPIENTS).toString(),
                "LANYARD_CONDUCTOR_KEY", conductorKey().toString());
    }

    private Path conductorKey() {
        return home.file(CONDUCTOR);
    }

    private ECKey parse(String text) {
        try {
            return ECKey.parse(text);
        } catch (ParseException e) {
            throw new Trouble(
                    conductorKey() + " is not an EC key", "restore it, or start anew by ./lanyard down --purge", e);
        }
    }

    private ECKey generate() {
        try {
            var key = new ECKeyGenerator(Curve.P_256)
                    .keyID("conductor")
                    .keyUse(KeyUse.ENCRYPTION)
                    .algorithm(JWEAlgorithm.ECDH_ES_A256KW)
                    .generate();
            home.write(CONDUCTOR, key.toJSONString() + "\n");
            return key;
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
