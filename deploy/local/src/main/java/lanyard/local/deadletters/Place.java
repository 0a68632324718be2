package lanyard.local.deadletters;

/** Where a message is. */
record Place(String topic, int partition, long offset) {
    /** As the commands take it, and list it. */
    @Override
    public String toString() {
        return topic + " " + partition + " " + offset;
    }
}
