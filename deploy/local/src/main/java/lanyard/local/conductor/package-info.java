/** The conductor's part, played from the command line: it tells of clusters on its bus, and opens the credentials sealed for it. */
@NullMarked
package lanyard.local.conductor;

import org.jspecify.annotations.NullMarked;
