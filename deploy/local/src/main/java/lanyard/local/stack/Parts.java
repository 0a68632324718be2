package lanyard.local.stack;

import java.util.List;

/** The names of the parts: in the ledger, of the logs, and to the person who reads the status. */
final class Parts {
    static final String KAFKA = "kafka";
    static final String POSTGRES = "postgres";
    static final String MEMCACHED = "memcached";
    static final String KEYSTONE = "keystone";
    static final String PROVISIONER = "provisioner";
    static final String TOKEN_ISSUER = "token-issuer";
    static final String REVOKER = "revoker";
    /** Lanyard's own services. Each is also the name of its module. */
    static final List<String> SERVICES = List.of(PROVISIONER, TOKEN_ISSUER, REVOKER);

    private Parts() {}

    /** The PostgreSQL role of a service, and its schema. */
    static String role(String service) {
        return "lanyard_" + service.replace('-', '_');
    }
}
