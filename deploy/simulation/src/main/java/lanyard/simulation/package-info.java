/**
 * The whole of Lanyard in one thread: the real services against models of Kafka, PostgreSQL and Keystone that fail in every way that
 * the real ones do, all of it decided by one seed. See {@code docs/reliability.md}.
 */
@NullMarked
package lanyard.simulation;

import org.jspecify.annotations.NullMarked;
