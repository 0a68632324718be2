package lanyard.benchmarks.door;

import lanyard.benchmarks.load.Tally;
import org.jspecify.annotations.Nullable;

/**
 * One line of the result.
 *
 * @param kind which of the things that are compared it is
 * @param clients how many clients there were
 * @param rate tokens a second that were asked for, in an open loop; {@code null} in a closed one
 * @param allocated bytes that the door allocated meanwhile; {@code null} if it had no part in it
 */
record Measured(Kind kind, int clients, @Nullable Double rate, Tally tally, Cpu cpu, @Nullable Long allocated) {
    enum Kind {
        KEYSTONE("Keystone itself: password, through a trust", "keystone"),
        WARM("door, warm", "door-warm"),
        OPEN("door, warm, open loop", "door-warm-open"),
        COLD_PER_CLUSTER("door, cold, trustee: per-cluster", "door-cold-per-cluster"),
        COLD_ISSUER("door, cold, trustee: issuer", "door-cold-issuer");

        private final String title;
        private final String code;

        Kind(String title, String code) {
            this.title = title;
            this.code = code;
        }

        String title() {
            return title;
        }

        String code() {
            return code;
        }
    }

    double keystonePerThousand() {
        return perThousand(cpu.keystone());
    }

    double doorPerThousand() {
        return perThousand(cpu.door());
    }

    private double perThousand(double seconds) {
        return tally.tokens() == 0 ? Double.NaN : seconds * 1000 / tally.tokens();
    }

    /** Bytes for one token. */
    @Nullable
    Double allocatedPerToken() {
        return allocated == null || tally.tokens() == 0 ? null : (double) allocated / tally.tokens();
    }
}
