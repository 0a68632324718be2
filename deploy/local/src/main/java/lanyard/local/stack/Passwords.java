package lanyard.local.stack;

import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The passwords that a stack gave its own parts: random, made at first use, and on disk before anyone is told. */
final class Passwords {
    private static final String FILE = "passwords";
    private static final String ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    // 40 characters hold more than 200 bits, and stay under the 72 bytes that bcrypt looks at.
    private static final int LENGTH = 40;

    private final Home home;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, String> known;

    Passwords(Home home) {
        this.home = home;
        this.known = new LinkedHashMap<>(home.read(FILE).map(EnvFile::parse).orElseGet(Map::of));
    }

    synchronized String of(String name) {
        var password = known.get(name);
        if (password == null) {
            password = random.ints(LENGTH, 0, ALPHABET.length())
                    .mapToObj(ALPHABET::charAt)
                    .map(String::valueOf)
                    .collect(Collectors.joining());
            known.put(name, password);
            home.write(FILE, EnvFile.format(known));
        }
        return password;
    }
}
