/**
 * Level, not edge: an event only moves a row, what should be true of a cluster; a loop makes it so, from the row, under a lease.
 */
package lanyard.common.reconcile;
