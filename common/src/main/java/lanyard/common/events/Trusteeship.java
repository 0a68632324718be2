package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** To whom a cluster's trusts are. Written, and configured, in kebab-case. */
public enum Trusteeship {
    /** A user of the cluster's own, which shows in every audit log and costs Keystone a password. */
    PER_CLUSTER,
    /** The token issuer's one user, for all clusters: no user and no password for a cluster. */
    ISSUER,
    /** Only ever read: a newer version's word that this version does not know. */
    @JsonEnumDefaultValue
    UNKNOWN;

    @JsonValue
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
