package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredential;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredentialName;
import lanyard.tokenissuer.door.AuthRequest.ByPassword;
import lanyard.tokenissuer.door.AuthRequest.ByToken;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import lanyard.tokenissuer.door.AuthRequest.Malformed;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import lanyard.tokenissuer.door.AuthRequest.Unsupported;
import lanyard.tokenissuer.door.AuthRequest.User;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the parser keeps to, whatever is sent. An ordinary test run tries the captured logins, and what fuzzing has found before;
 * CONTRIBUTING.md says how to fuzz.
 */
class AuthRequestFuzzTest {
    private static final JsonFactory JSON = new JsonFactory();

    /** Everything that the parser can complain of. What is in it of the body is how long it is, or a place in it. */
    private static final List<Pattern> COMPLAINTS = List.of(
            Pattern.compile("the body of (\\d+) bytes is not UTF-8"),
            Pattern.compile("the message is not a JSON object"),
            Pattern.compile("the text of (\\d+) characters can't be read"),
            Pattern.compile("(?:something follows the JSON object|an object has a key twice|not JSON, or cut off"
                    + "|a key or a number is too long|JSON nested deeper than 32|can't be read), at character (\\d+)"),
            Pattern.compile(
                    "'(?:auth|identity|application_credential|password|token|user|domain|project|OS-TRUST:trust)'"
                            + " is missing or no object\\."),
            Pattern.compile("'(?:user|domain|project)' has neither 'id' nor 'name'\\."),
            Pattern.compile("'(?:id|name|secret|password)' is no string\\."),
            Pattern.compile("'(?:id|secret|password)' is missing\\."),
            Pattern.compile("'methods' is missing or no array\\."),
            Pattern.compile("'methods' has an element that is no string\\."),
            Pattern.compile("'identity' has no member for one of its methods\\."),
            Pattern.compile("'scope' is no object\\."),
            Pattern.compile("the trust has no 'id'\\."));

    @MethodSource("captured")
    @FuzzTest(maxDuration = "3m")
    void everyBodyIsAnswered(byte[] body) throws IOException {
        // No exception, of whatever type.
        switch (AuthRequestParser.parse(body)) {
            case Malformed(var why) -> repeatsNothing(why, body);
            case Unsupported() -> hasNothingTwice(body);
            case ByApplicationCredential(var id, var secret) -> hasNothingTwice(body);
            case ByApplicationCredentialName(var name, var user, var secret) -> {
                hasNothingTwice(body);
                isNamedOnce(user);
            }
            case ByPassword(var user, var secret, var scope) -> {
                hasNothingTwice(body);
                isNamedOnce(user);
                isNamedOnce(scope);
            }
            case ByToken(var token, var scope) -> {
                hasNothingTwice(body);
                isNamedOnce(scope);
            }
        }
    }

    static List<byte[]> captured() {
        return Capture.all().stream()
                .flatMap(capture -> Capture.logins(capture).stream())
                .distinct()
                .map(login -> login.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private static void repeatsNothing(String why, byte[] body) {
        var complaint = COMPLAINTS.stream()
                .map(known -> known.matcher(why))
                .filter(known -> known.matches())
                .findFirst();
        assertThat(complaint).as(why).isPresent();
        if (complaint.get().groupCount() == 1) {
            assertThat(Integer.parseInt(complaint.get().group(1))).isBetween(0, body.length);
        }
    }

    private static void isNamedOnce(User user) {
        if (user instanceof User.ByName(var name, var domain)) {
            isNamedOnce(domain);
        }
    }

    private static void isNamedOnce(Scope scope) {
        if (scope instanceof Scope.ProjectByName(var name, var domain)) {
            isNamedOnce(domain);
        }
    }

    private static void isNamedOnce(Domain domain) {
        assertThat(domain.id() == null).isNotEqualTo(domain.name() == null);
    }

    /** Or two readers could understand two things. Read by a parser that is not the strict one. */
    private static void hasNothingTwice(byte[] body) throws IOException {
        var open = new ArrayDeque<Set<String>>();
        try (JsonParser json = JSON.createParser(new String(body, StandardCharsets.UTF_8))) {
            for (var token = json.nextToken(); token != null; token = json.nextToken()) {
                switch (token) {
                    case START_OBJECT -> open.push(new HashSet<>());
                    case END_OBJECT -> open.pop();
                    case FIELD_NAME ->
                        assertThat(open.element().add(json.currentName())).isTrue();
                    default -> {
                        // Holds no names.
                    }
                }
            }
        }
        assertThat(open).isEmpty();
    }
}
