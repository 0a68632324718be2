/**
 * What Lanyard's services tell each other: CloudEvents 1.0 on one topic, keyed by the cluster, none with a secret in it. The JSON
 * Schemas are in {@code docs/events}; tests hold every event that is written here against them.
 */
package lanyard.common.events;
