/** What is added to Quarkus's build of a service. */
@NullMarked
package lanyard.build;

import org.jspecify.annotations.NullMarked;
