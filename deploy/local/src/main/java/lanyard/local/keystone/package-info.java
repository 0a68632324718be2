/** A plain, independent eye on Keystone: none of Lanyard's own code is in it, so that what it sees proves something about that code. */
@NullMarked
package lanyard.local.keystone;

import org.jspecify.annotations.NullMarked;
