/** The door: the part of Keystone's Identity API v3 by which unmodified clients log in. */
@NullMarked
package lanyard.tokenissuer.door;

import org.jspecify.annotations.NullMarked;
