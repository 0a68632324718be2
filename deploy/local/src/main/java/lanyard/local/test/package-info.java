/** {@code lanyard test}: all tests, on real parts and in real containers, and one line that sums them up. */
@NullMarked
package lanyard.local.test;

import org.jspecify.annotations.NullMarked;
