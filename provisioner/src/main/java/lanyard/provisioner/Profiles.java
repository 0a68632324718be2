package lanyard.provisioner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Map;
import java.util.Set;
import lanyard.common.events.Trusteeship;

/** What a cluster is given for each purpose. */
@ConfigMapping(prefix = "lanyard")
public interface Profiles {
    /**
     * A profile per purpose; the purpose's name is the key, such as {@code cloud-provider}. Every cluster gets one credential for
     * each.
     */
    Map<String, Profile> profiles();

    /** What one purpose may do. */
    interface Profile {
        /**
         * Names of the roles that are delegated, as far as the cluster's creator holds them on the project. A role that Keystone
         * does not know is left out.
         */
        Set<String> roles();

        /** To whom they are delegated: {@code per-cluster} or {@code issuer}. */
        @WithDefault("per-cluster")
        Trusteeship trustee();
    }
}
