package lanyard.local.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Named;
import lanyard.local.keystone.Reply;
import lanyard.local.terminal.Terminal;

/**
 * A project and its owner, made for the story (or a measurement) and taken away at its end. The owner has no password: nobody will log
 * in as them.
 */
public record Tenant(Keystone.Caller admin, Terminal terminal, Named project, Named owner) implements AutoCloseable {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** @param what for what they are made, the beginning of their names */
    public static Tenant make(Keystone.Caller admin, Terminal terminal, String what, String suffix) {
        var project = create(admin, "project", what + "-" + suffix);
        var owner = create(admin, "user", what + "-owner-" + suffix);
        return new Tenant(admin, terminal, project, owner);
    }

    private static Named create(Keystone.Caller admin, String kind, String name) {
        ObjectNode body = NODES.objectNode();
        body.putObject(kind).put("name", name).put("description", "made by ./lanyard");
        var reply = admin.post("/" + kind + "s", body);
        Unverified.unless(reply.isSuccess(), "making the " + kind + " " + name, "HTTP 201", reply);
        return new Named(reply.body().path(kind).path("id").asText(), name);
    }

    /** Gives the owner a role on the project; a cloud that has no such role gets it. */
    public void grant(String role) {
        var roles = admin.get("/roles?name=" + Keystone.quoted(role)).body().path("roles");
        var id = roles.isEmpty()
                ? create(admin, "role", role).id()
                : roles.path(0).path("id").asText();
        var reply = admin.put("/projects/%s/users/%s/roles/%s".formatted(project.id(), owner.id(), id));
        Unverified.unless(reply.isSuccess(), "granting " + role, "HTTP 204", reply);
    }

    @Override
    public void close() {
        remove("owner", admin.delete("/users/" + owner.id()));
        remove("project", admin.delete("/projects/" + project.id()));
    }

    /** A remainder is told but does not hide how the story ended. */
    private void remove(String what, Reply reply) {
        if (!reply.isSuccess()) {
            terminal.bad("The demo's %s could not be removed (%s)".formatted(what, reply));
        }
    }
}
