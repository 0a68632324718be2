package lanyard.common.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request as it came over a connection, for a server that answers as no library would.
 *
 * @param headers a line each
 */
public record HttpMessage(String method, String path, String headers, String body) {
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

    /** The next one; {@code null} when the connection is at its end. */
    public static @Nullable HttpMessage read(InputStream in) throws IOException {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (var next = in.read(); ; next = in.read()) {
            if (next < 0) {
                return null;
            }
            if (next != '\n') {
                line.append((char) next);
                continue;
            }
            if (line.toString().isBlank()) {
                break;
            }
            lines.add(line.toString().strip());
            line.setLength(0);
        }
        var headers = String.join("\n", lines.subList(1, lines.size()));
        var length = LENGTH.matcher(headers);
        var body = length.find() ? in.readNBytes(Integer.parseInt(length.group(1))) : new byte[0];
        var first = lines.getFirst().split(" ");
        return new HttpMessage(first[0], first[1], headers, new String(body, StandardCharsets.UTF_8));
    }

    /** Whether a token is asked for. */
    public boolean isLogin() {
        return method.equals("POST") && path.endsWith("/auth/tokens");
    }

    /** The header of this name; {@code null} if there is none. */
    public @Nullable String header(String name) {
        var found = Pattern.compile("(?im)^" + name + ": (\\S+)").matcher(headers);
        return found.find() ? found.group(1) : null;
    }
}
