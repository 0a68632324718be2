package lanyard.local.demo;

import java.util.ArrayList;
import java.util.List;
import lanyard.local.conductor.ClientCredential;
import lanyard.local.conductor.CredentialFormat;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Reply;

/** A node of the cluster: it knows its credential and nothing else, and remembers the tokens that it got. */
final class Node implements AutoCloseable {
    private final ClientCredential credential;
    private final Keystone door;
    private final OpenStackClient client;
    private final List<String> tokens = new ArrayList<>();

    Node(ClientCredential credential) {
        this.credential = credential;
        this.door = new Keystone(credential.authUrl());
        this.client = new OpenStackClient(CredentialFormat.CLOUDS_YAML.of(credential));
    }

    /** The bare request that unmodified clients send. */
    Reply login() {
        var reply = door.loginByApplicationCredential(
                credential.applicationCredentialId(), credential.applicationCredentialSecret());
        if (!reply.token().isEmpty()) {
            tokens.add(reply.token());
        }
        return reply;
    }

    /** Tries to get at another project with the same secret. */
    Reply loginTo(String user, String project) {
        return door.loginByPassword(user, credential.applicationCredentialSecret(), project);
    }

    OpenStackClient.Result issueToken() {
        var result = client.run("token", "issue", "-f", "json");
        var token = result.output().path("id").asText();
        if (!token.isEmpty()) {
            tokens.add(token);
        }
        return result;
    }

    List<String> tokens() {
        return List.copyOf(tokens);
    }

    /** Everything of this node's that nobody else may learn. */
    List<String> secrets() {
        var secrets = new ArrayList<>(tokens);
        secrets.add(credential.applicationCredentialSecret());
        return secrets;
    }

    @Override
    public void close() {
        client.close();
    }
}
