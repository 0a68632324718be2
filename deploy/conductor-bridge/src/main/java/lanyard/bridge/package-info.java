/**
 * Carries the conductor's notifications from RabbitMQ, where stock Magnum sends them, to Kafka, where Lanyard reads them. It understands
 * of a body no more than which cluster it is about.
 *
 * <p>It is a program of its own, and has nothing of the services' but the names of the settings that it shares with them.
 */
@NullMarked
package lanyard.bridge;

import org.jspecify.annotations.NullMarked;
