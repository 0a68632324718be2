/** What it costs the services that most of what is on the conductor's bus is none of their business. */
@NullMarked
package lanyard.benchmarks.skip;

import org.jspecify.annotations.NullMarked;
