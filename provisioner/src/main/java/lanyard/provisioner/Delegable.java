package lanyard.provisioner;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import lanyard.provisioner.Profiles.Profile;

/** What may be delegated. Pure. */
final class Delegable {
    private Delegable() {}

    /**
     * The roles for each purpose: those of its profile that the owner holds, and never another. A purpose for which none is left
     * is left out.
     */
    static List<Wanted> of(SortedMap<String, ? extends Profile> profiles, Set<String> heldByOwner) {
        var delegable = new ArrayList<Wanted>();
        profiles.forEach((purpose, profile) -> {
            var both = new TreeSet<>(profile.roles());
            both.retainAll(heldByOwner);
            if (!both.isEmpty()) {
                delegable.add(new Wanted(purpose, profile.trustee(), both));
            }
        });
        return List.copyOf(delegable);
    }
}
