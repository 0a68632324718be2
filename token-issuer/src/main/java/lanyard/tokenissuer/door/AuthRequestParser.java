package lanyard.tokenissuer.door;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashSet;
import java.util.Optional;
import lanyard.common.events.wire.Reason;
import lanyard.common.events.wire.Refusal;
import lanyard.common.events.wire.StrictJson;
import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredential;
import lanyard.tokenissuer.door.AuthRequest.ByTrust;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import lanyard.tokenissuer.door.AuthRequest.Malformed;
import lanyard.tokenissuer.door.AuthRequest.Unsupported;
import lanyard.tokenissuer.door.AuthRequest.User;

/**
 * Reads the body of a login as Keystone does ({@code keystone/auth/schema.py} and {@code core.py}): members that it does not know
 * are passed over, and the types of those that it knows are checked. A user or a domain that is named in two ways at once is not
 * served, since Keystone lets one of them win and a client could mean the other.
 */
final class AuthRequestParser {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TRUST_SCOPE = "OS-TRUST:trust";

    private AuthRequestParser() {}

    /** What a body asks for. Never throws. */
    static AuthRequest parse(byte[] body) {
        try {
            return understood(StrictJson.<JsonNode>read(StrictJson.text(body), JSON::readTree));
        } catch (Refusal refusal) {
            return new Malformed(refusal.detail());
        }
    }

    private static AuthRequest understood(JsonNode request) throws Refusal {
        var auth = object(request, "auth");
        var identity = object(auth, "identity");
        var methods = new HashSet<String>();
        if (!identity.path("methods").isArray()) {
            throw malformed("'methods' is missing or no array.");
        }
        for (var method : identity.path("methods")) {
            if (!method.isTextual()) {
                throw malformed("'methods' has an element that is no string.");
            }
            if (!identity.has(method.textValue())) {
                throw malformed("'identity' has no member for one of its methods.");
            }
            methods.add(method.textValue());
        }
        if (methods.size() != 1) {
            return new Unsupported();
        }
        return switch (methods.iterator().next()) {
            case "application_credential" ->
                applicationCredential(object(identity, "application_credential"), auth.path("scope"));
            case "password" -> password(object(object(identity, "password"), "user"), auth.path("scope"));
            default -> new Unsupported();
        };
    }

    private static AuthRequest applicationCredential(JsonNode given, JsonNode scope) throws Refusal {
        var secret = secret(given, "secret");
        var id = text(given, "id");
        // Keystone: "Application credentials cannot request a scope."
        return id.isEmpty() || !scope.isMissingNode()
                ? new Unsupported()
                : new ByApplicationCredential(id.get(), secret);
    }

    private static AuthRequest password(JsonNode given, JsonNode scope) throws Refusal {
        var secret = secret(given, "password");
        var user = user(given);
        var trust = trust(scope);
        return user.isEmpty() || trust.isEmpty() ? new Unsupported() : new ByTrust(user.get(), secret, trust.get());
    }

    private static Optional<User> user(JsonNode given) throws Refusal {
        var id = text(given, "id");
        var name = text(given, "name");
        if (id.isPresent() && name.isPresent()) {
            return Optional.empty();
        }
        if (id.isPresent()) {
            return id.map(User.ById::new);
        }
        if (name.isEmpty()) {
            throw malformed("'user' has neither 'id' nor 'name'.");
        }
        return domain(object(given, "domain")).map(domain -> new User.ByName(name.get(), domain));
    }

    private static Optional<Domain> domain(JsonNode given) throws Refusal {
        var id = text(given, "id");
        var name = text(given, "name");
        if (id.isEmpty() && name.isEmpty()) {
            throw malformed("'domain' has neither 'id' nor 'name'.");
        }
        return id.isPresent() && name.isPresent()
                ? Optional.empty()
                : id.<Domain>map(Domain.ById::new).or(() -> name.map(Domain.ByName::new));
    }

    /** The trust that is the request's whole scope, if it is. */
    private static Optional<String> trust(JsonNode scope) throws Refusal {
        if (scope.isMissingNode() || scope.isTextual()) {
            return Optional.empty();
        }
        if (!scope.isObject()) {
            throw malformed("'scope' is no object.");
        }
        if (!scope.has(TRUST_SCOPE) || scope.size() != 1) {
            return Optional.empty();
        }
        var id = text(object(scope, TRUST_SCOPE), "id");
        if (id.isEmpty()) {
            throw malformed("the trust has no 'id'.");
        }
        return id;
    }

    private static JsonNode object(JsonNode parent, String member) throws Refusal {
        var value = parent.path(member);
        if (!value.isObject()) {
            throw malformed("'%s' is missing or no object.".formatted(member));
        }
        return value;
    }

    private static Optional<String> text(JsonNode parent, String member) throws Refusal {
        var value = parent.path(member);
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw malformed("'%s' is no string.".formatted(member));
        }
        return Optional.of(value.textValue());
    }

    private static Secret secret(JsonNode parent, String member) throws Refusal {
        return text(parent, member).map(Secret::of).orElseThrow(() -> malformed("'%s' is missing.".formatted(member)));
    }

    private static Refusal malformed(String why) {
        return new Refusal(Reason.BAD_DATA, why);
    }
}
