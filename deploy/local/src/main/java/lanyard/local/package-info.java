/** The command line: {@code ./lanyard}. */
@NullMarked
package lanyard.local;

import org.jspecify.annotations.NullMarked;
