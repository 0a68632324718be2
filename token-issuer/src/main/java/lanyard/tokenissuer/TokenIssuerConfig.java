package lanyard.tokenissuer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

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
         * The least remaining life of a token that is handed out; one that has less is replaced first. Never more than half of the life
         * that the token had when it was fetched.
         */
        @WithDefault("10m")
        Duration remainingLifetime();

        /**
         * For how many credentials a token is kept in memory, about 10 KiB each, depending on the size of the catalog. Beyond it those
         * least used are fetched anew when they are asked for. Without it as many as half of the heap is good for.
         */
        Optional<Long> keptTokens();

        /** For how many credentials a token is kept, whether that was said or follows from the heap. */
        default long tokensToKeep() {
            return keptTokens().orElseGet(() -> Runtime.getRuntime().maxMemory() / (20 * 1024));
        }

        /** How many calls for tokens are out at Keystone at once, from one replica, at most. The others wait in line. */
        @WithDefault("4")
        int fetches();

        /** How long a client waits for a token that is not at hand, before it is told to come back. */
        @WithDefault("5s")
        Duration patience();

        /** When clients are told to come back while Keystone or the database is away ({@code Retry-After}), in whole seconds. */
        @WithDefault("5s")
        Duration retryAfter();

        /**
         * How long a replica that does not reach Kafka goes on as before. After that it can't know what is revoked: it hands out nothing,
         * and says that it is not ready.
         */
        @WithDefault("30s")
        Duration busTimeout();

        /** How long an older client credential stays valid after a newer one was told as ready. */
        @WithDefault("24h")
        Duration overlap();

        /** Which URL the catalog names for the identity service: Keystone's own, or the door's. */
        @WithDefault("keystone")
        IdentityEndpoint identityEndpoint();

        /** How often the door may be asked. */
        BudgetConfig budget();

        /** TLS, which is off unless a certificate is given. */
        TlsConfig tls();
    }

    /** Where a catalog's identity endpoint leads to. */
    enum IdentityEndpoint {
        KEYSTONE,
        DOOR
    }

    /** Logins per second, sustained; ten seconds' worth may come at once. 0 is without bound. */
    interface BudgetConfig {
        /** Of one client credential, counting those that succeed. */
        @WithDefault("50")
        int perCredential();

        /** Of one network address (of a /64 in IPv6); a refused login counts ten times. */
        @WithDefault("200")
        int perAddress();
    }

    /** TLS at the door. */
    interface TlsConfig {
        /** A file of PEM certificates: the door's own, with those that lead to its authority. */
        Optional<Path> certificate();

        /** A file with the certificate's private key in PEM. */
        Optional<Path> key();

        /**
         * A file of PEM certificates: the authorities of client certificates. With it, a client certificate must name the cluster whose
         * credential is used, by its UUID, as common name, as DNS name, or as URI {@code urn:uuid:<cluster>}.
         */
        Optional<Path> clientAuthorities();

        /** Whether a client without a certificate is refused, where {@code clientAuthorities} is given. */
        @WithDefault("false")
        boolean clientCertificateRequired();
    }
}
