package lanyard.local.keystone;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What Keystone (or the door) answered.
 *
 * @param token the token that it handed out, or the empty string
 */
public record Reply(int status, JsonNode body, String token) {
    public boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    public boolean isRefusal() {
        return status >= 400 && status < 500;
    }

    /** Keystone's own words for an error, or the empty string. */
    public String message() {
        return body.path("error")
                .path("message")
                .asText("")
                .replaceAll("\\s+", " ")
                .strip();
    }

    /** Says nothing of the body or the token, which may be secret. */
    @Override
    public String toString() {
        return message().isEmpty() ? "HTTP " + status : "HTTP " + status + ": " + message();
    }
}
