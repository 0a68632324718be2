/** How Kafka is reached: what every client of a service is told, and what a replica is in its group. */
package lanyard.common.kafka;
