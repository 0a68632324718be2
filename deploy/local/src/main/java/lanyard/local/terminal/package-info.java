/** What the person at the terminal sees: lines, spinners, and errors that say what to do about them. */
@NullMarked
package lanyard.local.terminal;

import org.jspecify.annotations.NullMarked;
