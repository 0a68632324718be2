package lanyard.common.keystone.openstack4j;

import java.time.Duration;

/**
 * Keystone revokes a user's tokens by a time, and knows a Fernet token's time to the second: a token that was issued in the very
 * second in which a password was set, but after it, is dead on arrival (seen on Keystone 22; {@code keystone.models.revoke_model}).
 */
final class RevocationSecond {
    private static final Duration LENGTH = Duration.ofSeconds(1);

    private RevocationSecond() {}

    /** Waits until a token can be had that a revocation which is over now does not hit. */
    static void pass() {
        try {
            Thread.sleep(LENGTH);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
