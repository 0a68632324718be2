/** What all benchmarks have in common. */
@NullMarked
package lanyard.benchmarks;

import org.jspecify.annotations.NullMarked;
