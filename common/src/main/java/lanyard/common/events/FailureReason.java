package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why a cluster gets no credential. Written in kebab-case. */
public enum FailureReason {
    /** The one event that names the owner has not come, and the conductor can't be asked. */
    OWNER_UNKNOWN,
    /** The owner holds none of the profile's roles on the project, so there is nothing to delegate. */
    OWNER_HAS_NO_ROLE,
    /** Keystone does not know the project any more. */
    PROJECT_GONE,
    /** Two creates of the cluster name different owners or projects: one of them lies. */
    DISPUTED,
    /** The cluster is gone, and no credential of it was ready: there may be what an attempt has left. */
    DELETED_MEANWHILE,
    /** Keystone understood a step and refuses it. */
    KEYSTONE_REFUSED,
    /** Told by the token issuer: Keystone gives no token for what was provisioned; somebody changed it there. */
    TOKEN_REFUSED,
    /** Told by the token issuer: the key ring has lost the key that a secret is derived from. */
    KEY_MISSING,
    /** Only ever read: a newer version's reason that this version has no word for. */
    @JsonEnumDefaultValue
    UNKNOWN;

    private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

    @JsonValue
    public String code() {
        return code;
    }
}
