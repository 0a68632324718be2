package lanyard.tokenissuer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/** The token issuer's own settings. */
@ConfigMapping(prefix = "lanyard")
public interface TokenIssuerConfig {
    /**
     * Name of the Keystone domain in which Lanyard keeps its users. Clients that log in by user name may name their domain by it;
     * those that give the domain's id do without this setting.
     */
    @WithDefault("lanyard")
    String domain();

    /** The key ring, from which every password and every client credential is derived. */
    KeyRingConfig keyRing();

    /**
     * A JWK Set (RFC 7517) with the public keys of those to whom client credentials are sealed, such as the conductor: one to eight
     * elliptic-curve or RSA keys, each with a {@code kid} that names its owner.
     */
    Path recipients();

    /** The door to the clusters. */
    DoorConfig door();

    /** Where the master keys are. */
    interface KeyRingConfig {
        /** A directory with one file per master key: its name is the key's id, its content the key in base64. */
        Path directory();

        /** Id of the key that new credentials are derived from. */
        String current();
    }

    /** What clusters see, and how tokens are kept for them. */
    interface DoorConfig {
        /** The URL at which clusters reach the door, ending in {@code /v3}. It is what they use as Keystone's. */
        String url();

        /**
         * The least remaining life of a token that is handed out a second time; one that has less is replaced first. Never more than
         * half of the life that the token had when it was fetched.
         */
        @WithDefault("10m")
        Duration remainingLifetime();

        /**
         * For how many credentials a token is kept in memory, about 8 KiB each, depending on the size of the catalog. Beyond it those
         * least used are fetched anew when they are asked for.
         */
        @WithDefault("10000")
        long keptTokens();

        /** When clients are told to come back while Keystone or the database is away ({@code Retry-After}), in whole seconds. */
        @WithDefault("5s")
        Duration retryAfter();
    }
}
