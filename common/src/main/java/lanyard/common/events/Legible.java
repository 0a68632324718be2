package lanyard.common.events;

/** Messages for an operator. They are repaired where ids are refused: a message must not be what keeps an event from being told. */
final class Legible {
    static final int LONGEST = 1000;

    private Legible() {}

    /** One line, without control characters, cut at {@value #LONGEST} characters; never empty. */
    static String line(String message) {
        var line = message.replaceAll("[\\p{Cc}\\p{Cs}]+", " ").strip();
        var cut = line.length() <= LONGEST
                ? line
                : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, LONGEST - 1)));
        return cut.isEmpty() ? "-" : cut;
    }
}
