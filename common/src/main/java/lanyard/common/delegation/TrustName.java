package lanyard.common.delegation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A name for what has none: a trust of Keystone's, called by its end.
 *
 * <p>Keystone keeps a trust's end to the second, lets nobody change it, cuts no token to it, shows it in its lists, and takes no
 * second trust with the same one between the same users on the same project. So an end that is derived from whom the trust is for,
 * in a far future, tells whose a trust is, and makes its creation a call that can be repeated.
 *
 * <p>There are no more than 37 bits of seconds: 24 tell the cluster, among the clusters of one project, the rest purpose, roles and
 * generation. That is a hash and no proof. Whoever takes up a trust by its name looks at its roles too; whoever removes one by its
 * name leaves alone what is known to be another cluster's.
 */
public final class TrustName {
    /** How many names there are to try for one trust, before somebody has to flush Keystone's removed trusts. */
    public static final int ATTEMPTS = 16;

    private static final Instant EPOCH = Instant.parse("2200-01-01T00:00:00Z");
    private static final int CLUSTER_BITS = 24;
    private static final int DETAIL_BITS = 13;

    private TrustName() {}

    /**
     * The end of a cluster's trust.
     *
     * @param roles that it delegates: another choice of them is another trust
     * @param generation of the backend that the trust is part of
     * @param attempt from 0; another one gives another end, for when Keystone takes a removed trust's end no more
     */
    public static Instant of(String cluster, String purpose, SortedSet<String> roles, int generation, int attempt) {
        var detail = bits(
                DETAIL_BITS,
                "%s/%s/%s/%d/%d".formatted(cluster, purpose, String.join(",", roles), generation, attempt));
        return EPOCH.plusSeconds(bits(CLUSTER_BITS, cluster) << DETAIL_BITS | detail);
    }

    /** Whether a trust with this end is called as the cluster's are, of whatever purpose and generation. */
    public static boolean isOf(String cluster, @Nullable Instant end) {
        return end != null && EPOCH.until(end, ChronoUnit.SECONDS) >> DETAIL_BITS == bits(CLUSTER_BITS, cluster);
    }

    /** Whether this end is a name: whether a trust that has it was made by Lanyard, as far as that can be told from its end. */
    public static boolean isOne(@Nullable Instant end) {
        return end != null && EPOCH.until(end, ChronoUnit.SECONDS) >> (CLUSTER_BITS + DETAIL_BITS) == 0;
    }

    private static long bits(int number, String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256")
                    .digest(("lanyard/trust/" + text).getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong() >>> (Long.SIZE - number);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
