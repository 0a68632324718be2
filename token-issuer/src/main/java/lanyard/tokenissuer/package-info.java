/**
 * What the door owes the clusters: heard from the bus, proved on Keystone, told to the conductor, and kept in rows without a
 * secret. The HTTP side is in {@code door}.
 *
 * <p>The beans that a login passes are singletons: the proxy of another scope would cost something at every call.
 */
@NullMarked
package lanyard.tokenissuer;

import org.jspecify.annotations.NullMarked;
