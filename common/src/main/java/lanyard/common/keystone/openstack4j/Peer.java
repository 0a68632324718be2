package lanyard.common.keystone.openstack4j;

/** Whom a connection leads to, in the words of what is told when it fails, and how that one says so itself. */
enum Peer {
    KEYSTONE("Keystone", "LANYARD_KEYSTONE_URL", "/error/code"),
    CONDUCTOR("the conductor's API", "LANYARD_CONDUCTOR_URL", "/errors/0/status");

    /** As it is called within a sentence. */
    final String label;

    /** The variable that says where it is. */
    final String variable;

    /** Where the status is in a body that tells of an error, if the body is its own. */
    final String status;

    Peer(String label, String variable, String status) {
        this.label = label;
        this.variable = variable;
        this.status = status;
    }
}
