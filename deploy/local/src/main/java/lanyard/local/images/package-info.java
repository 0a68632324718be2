/** {@code lanyard images}: the container images of the services, built by the engine that is there. */
@NullMarked
package lanyard.local.images;

import org.jspecify.annotations.NullMarked;
