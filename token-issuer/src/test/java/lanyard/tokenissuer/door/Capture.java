package lanyard.tokenissuer.door;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What unmodified clients sent to a real Keystone, recorded, with the secrets replaced by a mark. */
final class Capture {
    private static final Path DIRECTORY = Path.of("src/test/resources/captures");
    private static final Pattern LOGIN =
            Pattern.compile("\\nPOST /v3/auth/tokens HTTP/1\\.1\\n.*?\\n\\n(.*?)\\n<<<", Pattern.DOTALL);

    private static final Pattern TOKEN =
            Pattern.compile("\\n<<< 201 CREATED [^\\n]*\\n.*?\\n\\n(\\{.*?\\n\\})\\n", Pattern.DOTALL);

    private Capture() {}

    /** The names of all captures. */
    static List<String> all() {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bodies of the logins in a capture. */
    static List<String> logins(String name) {
        return all(LOGIN, name);
    }

    /** The bodies of Keystone's answers to those that succeeded. */
    static List<String> tokens(String name) {
        return all(TOKEN, name);
    }

    private static List<String> all(Pattern pattern, String name) {
        try {
            return pattern.matcher(Files.readString(DIRECTORY.resolve(name), StandardCharsets.UTF_8))
                    .results()
                    .map(match -> match.group(1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
