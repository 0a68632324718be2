package lanyard.common.events;

/**
 * Something that happened to a cluster's credential, or to what Keystone holds for clusters at large. Whoever hears it may hear it twice or late.
 *
 * <p>Constructors refuse what the schema of the type refuses, so an event that exists can be written and will be read. Keystone's
 * objects are named by id; no event has a field for a secret, except the sealed form in {@link CredentialReady}.
 */
public sealed interface CredentialEvent
        permits ClusterListed,
                CredentialProvisioned,
                CredentialFailed,
                CredentialReady,
                CredentialRevoked,
                RetryRequested,
                RotationRequested,
                SweepFinished,
                SweepRequested,
                TokenIssued,
                TokenRefused,
                TokenRevoked {
    /** The highest generation that is believed. */
    int HIGHEST_GENERATION = 1_000_000;

    /** The nil UUID (RFC 9562, 5.9): no cluster. */
    String NO_CLUSTER = "00000000-0000-0000-0000-000000000000";

    /** The UUID of the cluster, in lower case; {@link #NO_CLUSTER} where there is none. */
    String cluster();

    /** The CloudEvents type, such as {@code credential.provisioned}. */
    String type();
}
