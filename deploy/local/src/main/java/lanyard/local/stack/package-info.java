/** The local stack: what it consists of, how it is started, watched and stopped, and the commands for that. */
@NullMarked
package lanyard.local.stack;

import org.jspecify.annotations.NullMarked;
