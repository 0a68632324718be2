package lanyard.provisioner;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What may be delegated. Pure. */
final class Delegable {
    private Delegable() {}

    /**
     * The roles for each purpose: those of its profile that the owner holds, and never another. A purpose for which none is left
     * is left out.
     */
    static SortedMap<String, SortedSet<String>> of(Map<String, Set<String>> profiles, Set<String> heldByOwner) {
        var delegable = new TreeMap<String, SortedSet<String>>();
        profiles.forEach((purpose, roles) -> {
            var both = new TreeSet<>(roles);
            both.retainAll(heldByOwner);
            if (!both.isEmpty()) {
                delegable.put(purpose, both);
            }
        });
        return delegable;
    }
}
