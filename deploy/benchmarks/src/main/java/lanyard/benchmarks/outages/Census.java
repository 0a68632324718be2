package lanyard.benchmarks.outages;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lanyard.local.keystone.Keystone;
import lanyard.local.terminal.Trouble;

/**
 * What is true in the end, counted in Keystone itself and at the door.
 *
 * @param lost clusters that exist and can't log in, each with the reason that was told
 * @param duplicated clusters for which Keystone holds more than one trust
 * @param orphaned what Keystone holds for nobody that exists
 */
record Census(List<String> lost, List<String> duplicated, List<String> orphaned) {
    private static final String ISSUER = "token-issuer";
    private static final String CUSTODIAN = "custodian-";

    boolean isClean() {
        return lost.isEmpty() && duplicated.isEmpty() && orphaned.isEmpty();
    }

    /**
     * @param admin Keystone, as its administrator
     * @param domain the name of Lanyard's
     * @param doors the URL of each replica of the door
     */
    static Census take(Fleet fleet, Keystone.Caller admin, String domain, List<String> doors) {
        var census = new Census(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        var living = new HashMap<String, Fleet.Cluster>();
        fleet.living().forEach(cluster -> living.put(cluster.uuid(), cluster));
        var domains = get(admin, "/domains?name=" + Keystone.quoted(domain)).path("domains");
        var users = domains.isEmpty()
                ? domains
                : get(admin, "/users?domain_id=" + domains.path(0).path("id").asText())
                        .path("users");
        census.countUsers(admin, users, living);
        for (var cluster : living.values()) {
            for (var door : doors) {
                census.logIn(cluster, new Keystone(door), admin);
            }
        }
        return census;
    }

    private void countUsers(Keystone.Caller admin, JsonNode users, Map<String, Fleet.Cluster> living) {
        var projects = living.values().stream().map(Fleet.Cluster::project).collect(Collectors.toSet());
        var missing = new HashSet<>(living.keySet());
        for (var user : users) {
            var name = user.path("name").asText();
            var trusts = get(
                            admin,
                            "/OS-TRUST/trusts?trustee_user_id="
                                    + user.path("id").asText())
                    .path("trusts")
                    .size();
            if (living.containsKey(name)) {
                missing.remove(name);
                if (trusts > 1) {
                    duplicated.add("cluster %s has %d trusts".formatted(name, trusts));
                }
            } else if (trusts > 0) {
                orphaned.add("%d trusts to user %s".formatted(trusts, name));
            } else if (!name.equals(ISSUER)
                    && !(name.startsWith(CUSTODIAN) && projects.contains(name.substring(CUSTODIAN.length())))) {
                orphaned.add("user " + name);
            }
        }
        missing.forEach(name -> lost.add("cluster %s has no trustee".formatted(name)));
    }

    private void logIn(Fleet.Cluster cluster, Keystone door, Keystone.Caller admin) {
        var credential = cluster.credential();
        if (credential == null) {
            lost.add("cluster %s has no credential: %s".formatted(cluster.uuid(), cluster.failure()));
            return;
        }
        var login = door.loginByApplicationCredential(
                credential.applicationCredentialId(), credential.applicationCredentialSecret());
        if (!login.isSuccess()) {
            lost.add("cluster %s can't log in at %s (HTTP %d)".formatted(cluster.uuid(), door.url(), login.status()));
        } else if (!admin.validate(login.token()).isSuccess()) {
            lost.add("cluster %s has a token that Keystone does not take".formatted(cluster.uuid()));
        }
    }

    private static JsonNode get(Keystone.Caller admin, String path) {
        var reply = admin.get(path);
        if (!reply.isSuccess()) {
            throw new Trouble("Keystone does not say what it holds (%s)".formatted(reply), "look at its log");
        }
        return reply.body();
    }
}
