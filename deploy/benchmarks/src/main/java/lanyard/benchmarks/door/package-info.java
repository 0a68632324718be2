/** What the door costs and what it saves Keystone, measured side by side with what clusters do without it. */
@NullMarked
package lanyard.benchmarks.door;

import org.jspecify.annotations.NullMarked;
