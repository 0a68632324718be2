package lanyard.provisioner;

import java.util.SortedSet;
import lanyard.common.events.Trusteeship;

/**
 * What a cluster is to be given for one purpose.
 *
 * @param trustee to whom it is delegated
 * @param roles that are delegated
 */
record Wanted(String purpose, Trusteeship trustee, SortedSet<String> roles) {}
