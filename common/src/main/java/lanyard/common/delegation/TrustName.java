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
 * <p>Keystone keeps a trust's end in microseconds, lets nobody change it, cuts no token to it, shows it in its lists, and takes no
 * second trust with the same one between the same users on the same project. So an end that is derived from whom the trust is for,
 * in a far future, tells whose a trust is, and makes its creation a call that can be repeated.
 *
 * <p>38 of its 57 bits tell the cluster, among the clusters of one project; the rest tell purpose, roles and generation.
 */
public final class TrustName {
    private static final Instant EPOCH = Instant.parse("2200-01-01T00:00:00Z");
    private static final int CLUSTER_BITS = 38;
    private static final int DETAIL_BITS = 19;

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
        return EPOCH.plus(bits(CLUSTER_BITS, cluster) << DETAIL_BITS | detail, ChronoUnit.MICROS);
    }

    /** Whether a trust with this end is the cluster's, of whatever purpose and generation. */
    public static boolean isOf(String cluster, @Nullable Instant end) {
        return end != null && EPOCH.until(end, ChronoUnit.MICROS) >> DETAIL_BITS == bits(CLUSTER_BITS, cluster);
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
