/** The story of one cluster's credential, from the conductor's create to its delete, told on the terminal and verified at every step. */
@NullMarked
package lanyard.local.demo;

import org.jspecify.annotations.NullMarked;
