package lanyard.benchmarks.door;

import lanyard.benchmarks.load.Tally;

/**
 * A door that was started again while all clients wanted a token at once.
 *
 * @param delayMillis how long the stand-in took for each login
 * @param clients how many connections they came over
 * @param logins how often the door asked Keystone
 * @param most the highest number of its calls that were in flight
 * @param limit how many it was allowed to have
 */
record Restart(int credentials, long delayMillis, int clients, long logins, int most, int limit, Tally tally) {
    boolean kept() {
        return most <= limit;
    }
}
