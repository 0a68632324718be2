package lanyard.local.stack;

import java.util.List;

/** The names of the parts: in the ledger, of the logs, and to the person who reads the status. */
public final class Parts {
    public static final String KAFKA = "kafka";
    public static final String POSTGRES = "postgres";
    public static final String MEMCACHED = "memcached";
    public static final String KEYSTONE = "keystone";
    public static final String PROVISIONER = "provisioner";
    public static final String TOKEN_ISSUER = "token-issuer";
    public static final String REVOKER = "revoker";
    /** Lanyard's own services. Each is also the name of its module. */
    static final List<String> SERVICES = List.of(PROVISIONER, TOKEN_ISSUER, REVOKER);

    private Parts() {}

    /** The PostgreSQL role of a service, and its schema. */
    static String role(String service) {
        return "lanyard_" + service.replace('-', '_');
    }
}
