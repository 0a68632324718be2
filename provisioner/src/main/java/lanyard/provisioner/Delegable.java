package lanyard.provisioner;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What may be delegated. Pure. */
final class Delegable {
    private Delegable() {}

    /**
     * The roles for each purpose: those of its profile that the owner holds, and never another. A purpose for which none is left
     * is left out.
     */
    static List<Wanted> of(List<Wanted> profiles, Set<String> heldByOwner) {
        var delegable = new ArrayList<Wanted>();
        for (var profile : profiles) {
            var both = new TreeSet<>(profile.roles());
            both.retainAll(heldByOwner);
            if (!both.isEmpty()) {
                delegable.add(new Wanted(profile.purpose(), profile.trustee(), both));
            }
        }
        return List.copyOf(delegable);
    }
}
