package lanyard.tokenissuer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What an unmodified client sent to a real Keystone, and what that answered, as it was recorded.
 *
 * @param number in its capture
 * @param line the request's first
 * @param headers of the request, as lines
 * @param sent the request's body, in the bytes that the client chose; empty if it had none
 * @param answerHeaders by name, in any case
 */
record Exchange(
        String capture,
        int number,
        String line,
        List<String> headers,
        String sent,
        int status,
        Map<String, String> answerHeaders,
        JsonNode answer) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path DIRECTORY = Path.of("src/test/resources/captures");

    /** An exchange with Keystone, at either of its URLs; those with other services are recorded in one line. */
    private static final Pattern EXCHANGE = Pattern.compile(
            "(?ms)^\\[(\\d+)] \\S+ -+ to (?:AUTH_URL|catalog-identity) -+\\n(.*?)\\n<<< (\\d+)[^\\n]*\\n(.*?)(?=^\\[\\d+]|^====)");

    static List<Exchange> all() {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.sorted().flatMap(Exchange::of).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Exchange> of(Path file) {
        try {
            var name = file.getFileName().toString().replace(".txt", "");
            return EXCHANGE.matcher(Files.readString(file))
                    .results()
                    .map(found ->
                            of(name, Integer.parseInt(found.group(1)), found.group(2), found.group(3), found.group(4)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Exchange of(String capture, int number, String request, String status, String answer) {
        var asked = request.split("\\n\\n", 2);
        var lines = new ArrayList<>(List.of(asked[0].split("\\n")));
        var first = lines.removeFirst();
        lines.remove("(no body)");
        var answered = answer.split("\\n\\n", 2);
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        for (var line : answered[0].split("\\n")) {
            var colon = line.indexOf(": ");
            headers.put(line.substring(0, colon), line.substring(colon + 2));
        }
        return new Exchange(
                capture,
                number,
                first,
                lines,
                asked.length == 1 ? "" : asSent(asked[1].strip(), lines),
                Integer.parseInt(status),
                headers,
                answered.length == 1 || answered[1].isBlank() ? MissingNode.getInstance() : json(answered[1]));
    }

    /** A recording is indented, for people to read; Python's clients put a space after each separator, and Go's put none. */
    private static String asSent(String printed, List<String> headers) {
        var isOfPython =
                headers.stream().anyMatch(line -> line.startsWith("User-Agent: ") && line.contains("python-requests"));
        return isOfPython
                ? printed.replaceAll(",\\n *", ", ").replaceAll("\\n *", "")
                : printed.replaceAll("\\n *", "").replace("\": ", "\":");
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "%s [%d] %s".formatted(capture, number, line);
    }
}
