package lanyard.local.stack;

import java.util.List;
import java.util.regex.Pattern;

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
    public static final List<String> SERVICES = List.of(PROVISIONER, TOKEN_ISSUER, REVOKER);

    private static final Pattern REPLICA = Pattern.compile("-[2-9]$");

    private Parts() {}

    /** Another replica of a service; the first is called like the service itself. */
    public static String replica(String service, int number) {
        return service + "-" + number;
    }

    /** Which of Lanyard's services a part is a replica of; the part itself if it is none. */
    static String service(String part) {
        return REPLICA.matcher(part).replaceFirst("");
    }

    static boolean isService(String part) {
        return SERVICES.contains(service(part));
    }

    /** The PostgreSQL role of a service, and its schema. */
    public static String role(String service) {
        return "lanyard_" + service.replace('-', '_');
    }
}
