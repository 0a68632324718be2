/** A load generator that is far cheaper than what it measures: one thread, requests whose bytes were made before, answers hardly read. */
@NullMarked
package lanyard.benchmarks.load;

import org.jspecify.annotations.NullMarked;
