/** What very many creates at once do to the services, and to a delete behind them. */
@NullMarked
package lanyard.benchmarks.burst;

import org.jspecify.annotations.NullMarked;
