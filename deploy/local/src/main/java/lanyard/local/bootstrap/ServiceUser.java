package lanyard.local.bootstrap;

/** A service that logs in at Keystone as a user which an operator makes. The token issuer does not: it has its trustees. */
public enum ServiceUser {
    PROVISIONER("provisioner"),
    REVOKER("revoker");

    private final String service;

    ServiceUser(String service) {
        this.service = service;
    }

    public String service() {
        return service;
    }

    /** The role that Keystone's policy knows this service by. */
    public String role() {
        return "lanyard_" + service;
    }
}
