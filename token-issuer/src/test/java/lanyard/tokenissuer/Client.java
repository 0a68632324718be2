package lanyard.tokenissuer;

import com.fasterxml.jackson.databind.JsonNode;

/** What a cluster's clients hold, and the logins that they make of it. */
record Client(String cluster, String project, String id, String secret, String purpose, String userDomain) {
    /** @param content what the conductor found in the seal */
    static Client of(JsonNode content) {
        return new Client(
                content.get("cluster").asText(),
                content.get("project").asText(),
                content.get("application_credential_id").asText(),
                content.get("application_credential_secret").asText(),
                content.get("application_credential_name").asText(),
                content.get("user_domain_id").asText());
    }

    Client withSecret(String other) {
        return new Client(cluster, project, id, other, purpose, userDomain);
    }

    String byApplicationCredential() {
        return byApplicationCredential("");
    }

    /** @param more further members of the application credential */
    String byApplicationCredential(String more) {
        return """
                {"auth":{"identity":{"methods":["application_credential"],
                  "application_credential":{"id":"%s","secret":"%s"%s}}}}
                """
                .formatted(id, secret, more);
    }

    String byApplicationCredentialName(String user) {
        return """
                {"auth":{"identity":{"methods":["application_credential"],
                  "application_credential":{"name":"%s","user":{%s},"secret":"%s"}}}}
                """
                .formatted(purpose, user, secret);
    }

    /** @param scope as JSON: an object, or a string */
    String byPassword(String scope) {
        return byPassword("\"id\":\"%s\"".formatted(id), scope);
    }

    String byPassword(String user, String scope) {
        return """
                {"auth":{"identity":{"methods":["password"],"password":{"user":{%s,"password":"%s"}}},"scope":%s}}
                """
                .formatted(user, secret, scope);
    }

    static String byToken(String token, String scope) {
        return "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"%s\"}}%s}}"
                .formatted(token, scope.isEmpty() ? "" : ",\"scope\":" + scope);
    }

    static String trust(String id) {
        return "{\"OS-TRUST:trust\":{\"id\":\"%s\"}}".formatted(id);
    }
}
