/**
 * What happened to a cluster, as one OpenTelemetry trace, for whoever has a collector; and what the lines of a log have in common with it.
 * Nothing is decided by it: without a collector, or with one that is away, all else goes on as ever.
 */
package lanyard.common.tracing;
