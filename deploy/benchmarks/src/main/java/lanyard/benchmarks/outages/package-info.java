/** What becomes of clusters while the parts under Lanyard, and Lanyard itself, fail one after the other. */
@NullMarked
package lanyard.benchmarks.outages;

import org.jspecify.annotations.NullMarked;
