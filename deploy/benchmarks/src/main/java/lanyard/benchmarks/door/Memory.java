package lanyard.benchmarks.door;

/**
 * What the door has in memory with so many credentials, each of which has logged in.
 *
 * @param heap bytes in use after a collection
 * @param resident bytes that the process has of the machine's memory
 */
record Memory(int credentials, long heap, long resident) {}
