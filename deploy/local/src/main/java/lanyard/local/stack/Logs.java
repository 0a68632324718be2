package lanyard.local.stack;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** Reads the end of a log, for the one line that tells why a part died, or a tool failed. */
public final class Logs {
    private static final Pattern ERROR =
            Pattern.compile("\\b(ERROR|FATAL|SEVERE|CRITICAL)\\b|Exception|Error:|refused|failed");
    private static final int TAIL = 64 * 1024;
    private static final int LONGEST = 300;

    private Logs() {}

    /** The last line that speaks of an error, or else the last; cut if it is long. */
    public static String lastError(Path log) {
        var lines = tail(log).stream().filter(line -> !line.isBlank()).toList();
        var error = lines.reversed().stream()
                .filter(line -> ERROR.matcher(line).find() && !line.startsWith("\tat "))
                .findFirst()
                .orElse(lines.isEmpty() ? "its log is empty" : lines.getLast())
                .strip();
        return error.length() > LONGEST ? error.substring(0, LONGEST) + "…" : error;
    }

    private static List<String> tail(Path log) {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(0, file.length() - TAIL);
            file.seek(from);
            var bytes = new byte[(int) (file.length() - from)];
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
