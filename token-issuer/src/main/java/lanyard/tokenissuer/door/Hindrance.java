package lanyard.tokenissuer.door;

import java.util.Locale;

/** Why a login gets no token. The {@link #label} counts it in metrics; the client is not told more than its status says. */
enum Hindrance {
    /** No request that Keystone would understand. */
    MALFORMED,
    /** Longer than any login is. */
    TOO_LARGE,
    /** A way to log in that the door does not serve. */
    UNSUPPORTED,
    /** There is no credential of that id. */
    UNKNOWN_CREDENTIAL,
    /** The secret is not that credential's. */
    WRONG_SECRET,
    /** The secret is right, and user, domain or trust are not the credential's. */
    WRONG_USER,
    /** The secret is right, and another project is asked for. */
    WRONG_PROJECT,
    /** The client's certificate is missing, or does not name the cluster. */
    WRONG_CERTIFICATE,
    /** The token is none that the door gave and Keystone still takes. */
    UNKNOWN_TOKEN,
    /** The cluster's credential was revoked. */
    REVOKED,
    /** A newer generation of the credential has taken its place. */
    SUPERSEDED,
    /** Nothing is delegated for the credential's purpose, or nobody can tell what is. */
    NOTHING_DELEGATED,
    /** The credential or the address asked too often. */
    THROTTLED,
    /** Keystone does not give a token for what is behind the credential: somebody changed it there. */
    KEYSTONE_REFUSES,
    /** Keystone does not answer, or not as it should. */
    KEYSTONE_UNAVAILABLE,
    /** This replica has lost the bus, so it does not know what is revoked. */
    BUS_LOST,
    /** The line of events for the audit is full. */
    AUDIT_FULL,
    /** The database does not answer, or not in time, and the credential is not in memory. */
    DATABASE_UNAVAILABLE,
    /** The key ring has lost the key from which the credential is derived. */
    KEY_MISSING,
    /** The credential changed while its token was on the way; the next try finds the new one. */
    CHANGED_MEANWHILE;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The reason in kebab-case. Stable: alerts are written against it. */
    String label() {
        return label;
    }
}
