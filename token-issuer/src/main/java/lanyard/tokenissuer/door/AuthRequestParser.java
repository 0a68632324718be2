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
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredentialName;
import lanyard.tokenissuer.door.AuthRequest.ByPassword;
import lanyard.tokenissuer.door.AuthRequest.ByToken;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import lanyard.tokenissuer.door.AuthRequest.Malformed;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import lanyard.tokenissuer.door.AuthRequest.Unsupported;
import lanyard.tokenissuer.door.AuthRequest.User;

/**
 * Reads the body of a login as Keystone does ({@code keystone/auth/schema.py} and {@code core.py}): members that it does not know
 * are passed over, and the types of those that it knows are checked. A user, domain or project that is named in two ways at once is not
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
        var scope = auth.path("scope");
        return switch (methods.iterator().next()) {
            case "application_credential" -> applicationCredential(object(identity, "application_credential"), scope);
            case "password" -> password(object(object(identity, "password"), "user"), scope);
            case "token" -> token(object(identity, "token"), scope);
            default -> new Unsupported();
        };
    }

    private static AuthRequest applicationCredential(JsonNode given, JsonNode scope) throws Refusal {
        var secret = secret(given, "secret");
        var id = text(given, "id");
        var name = text(given, "name");
        // Keystone: "Application credentials cannot request a scope."
        if (!scope.isMissingNode()) {
            return new Unsupported();
        }
        // Keystone looks at the id first, and at name and user only without one.
        if (id.isPresent()) {
            return new ByApplicationCredential(id.get(), secret);
        }
        return name.isEmpty()
                ? new Unsupported()
                : user(object(given, "user"))
                        .<AuthRequest>map(user -> new ByApplicationCredentialName(name.get(), user, secret))
                        .orElseGet(Unsupported::new);
    }

    private static AuthRequest password(JsonNode given, JsonNode scope) throws Refusal {
        var secret = secret(given, "password");
        var user = user(given);
        var asked = scope(scope);
        return user.isEmpty() || asked.isEmpty() ? new Unsupported() : new ByPassword(user.get(), secret, asked.get());
    }

    private static AuthRequest token(JsonNode given, JsonNode scope) throws Refusal {
        var token = secret(given, "id");
        return scope(scope).<AuthRequest>map(asked -> new ByToken(token, asked)).orElseGet(Unsupported::new);
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
                : Optional.of(new Domain(id.orElse(null), name.orElse(null)));
    }

    /** The scope, if it is one that the door knows, and one alone. */
    private static Optional<Scope> scope(JsonNode scope) throws Refusal {
        if (scope.isMissingNode()) {
            return Optional.of(new Scope.Unsaid());
        }
        if (scope.isTextual()) {
            return Optional.empty();
        }
        if (!scope.isObject()) {
            throw malformed("'scope' is no object.");
        }
        if (scope.size() != 1) {
            return Optional.empty();
        }
        if (scope.has(TRUST_SCOPE)) {
            return Optional.of(new Scope.Trust(
                    text(object(scope, TRUST_SCOPE), "id").orElseThrow(() -> malformed("the trust has no 'id'."))));
        }
        return scope.has("project") ? project(object(scope, "project")) : Optional.empty();
    }

    private static Optional<Scope> project(JsonNode given) throws Refusal {
        var id = text(given, "id");
        var name = text(given, "name");
        if (id.isPresent() && name.isPresent()) {
            return Optional.empty();
        }
        if (id.isPresent()) {
            return id.map(Scope.ProjectById::new);
        }
        if (name.isEmpty()) {
            throw malformed("'project' has neither 'id' nor 'name'.");
        }
        return domain(object(given, "domain")).map(domain -> new Scope.ProjectByName(name.get(), domain));
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
