package lanyard.local.bootstrap;

import java.util.Map;
import java.util.Set;

/**
 * What is on the cloud already.
 *
 * @param ids of what is there, by what {@link Plan} calls it
 * @param assigned the role assignments that are there, of those that should be
 * @param workingPasswords the services whose password file has the password that Keystone takes
 */
record Found(Map<String, String> ids, Set<ServiceUser> assigned, Set<ServiceUser> workingPasswords) {
    Found {
        ids = Map.copyOf(ids);
        assigned = Set.copyOf(assigned);
        workingPasswords = Set.copyOf(workingPasswords);
    }

    boolean has(String thing) {
        return ids.containsKey(thing);
    }
}
