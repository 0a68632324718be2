/**
 * {@code ./lanyard bootstrap-cloud}: makes on a cloud what Lanyard needs there, and no more rights than its services use. What is to be
 * made is decided by {@link lanyard.local.bootstrap.Plan}, what they may by {@link lanyard.local.bootstrap.Policy}, and
 * {@link lanyard.local.bootstrap.Rehearsal} tries that on the real Keystone.
 */
@NullMarked
package lanyard.local.bootstrap;

import org.jspecify.annotations.NullMarked;
