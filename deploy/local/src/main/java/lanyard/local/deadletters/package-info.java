/** The messages that a service refused: where they are and why, what is in them, and how they are read once more. */
@NullMarked
package lanyard.local.deadletters;

import org.jspecify.annotations.NullMarked;
