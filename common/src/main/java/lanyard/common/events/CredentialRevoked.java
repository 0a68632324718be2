package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import lanyard.common.events.wire.Shape;

/**
 * Keystone delegates nothing to the cluster any more, which was looked at after the removal, and never will again.
 *
 * @param trusts how many trusts were removed; none if there were none left
 * @param trustee what became of the cluster's own user
 */
public record CredentialRevoked(String cluster, int trusts, TrusteeFate trustee) implements CredentialEvent {
    public static final String TYPE = "credential.revoked";

    /** What became of the trustee. */
    public enum TrusteeFate {
        REMOVED,
        /** There was none. */
        ABSENT,
        /** Only ever read: a newer version's word that this version does not know. */
        @JsonEnumDefaultValue
        UNKNOWN;

        @JsonValue
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public CredentialRevoked {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.between("trusts", trusts, 0, 1_000_000);
        Shape.present("trustee", trustee);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
