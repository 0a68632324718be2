package lanyard.local.demo;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import lanyard.local.conductor.ClientCredential;
import lanyard.local.conductor.ConductorKey;
import lanyard.local.conductor.CredentialEvent;
import lanyard.local.conductor.CredentialFormat;
import lanyard.local.keystone.Keystone;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * One cluster's credential from the conductor's create to its delete, in seven steps. Every step says what it saw and holds that
 * against what must be; the first difference ends the story. What Keystone holds is asked of Keystone itself, never of Lanyard.
 */
final class Story implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Set<String> ROLES = new TreeSet<>(Set.of("load-balancer_member", "member"));

    private final Map<String, String> env;
    private final Path logs;
    private final Terminal terminal;
    private final Page page;
    private final Timings timings = new Timings();
    private final UUID cluster = UUID.randomUUID();
    private final Keystone keystone;
    private final Keystone.Caller admin;
    private final KeystoneView view;
    private final TopicSearch topics;
    private final Overheard heard;

    /** @param env where the parts of the stack are, as in its env file */
    Story(Map<String, String> env, Path logs, Terminal terminal) {
        this.env = env;
        this.logs = logs;
        this.terminal = terminal;
        page = new Page(terminal);
        variable("LANYARD_DOOR_URL");
        keystone = new Keystone(variable("LANYARD_KEYSTONE_URL"));
        admin = keystone.login(env);
        view = new KeystoneView(admin, variable("LANYARD_DOMAIN"));
        topics = new TopicSearch(variable("LANYARD_KAFKA"));
        heard = new Overheard(variable("LANYARD_KAFKA"), cluster.toString());
    }

    private String variable(String name) {
        var value = env.get(name);
        if (value == null) {
            throw new Trouble("the stack has no " + name, "it was started with --parts-only; the demo needs all of it");
        }
        return value;
    }

    void tell() {
        long start = System.nanoTime();
        try (var tenant = step("1. A project and its owner in Keystone", this::makeTenant);
                var life = new ClusterLife(variable("LANYARD_KAFKA"), cluster, tenant)) {
            long created = step("2. The conductor creates a cluster", () -> create(life));
            var delegation =
                    step("3. What appeared in Keystone and on the bus", () -> showWhatAppeared(tenant, created));
            var credential = step("4. The credential that a node gets", () -> open(delegation));
            try (var node = new Node(credential)) {
                step("5. The cluster logs in with an unmodified client", () -> use(node, delegation));
                step("6. The conductor deletes the cluster", () -> delete(life, node, delegation));
            }
        }
        timings.since("The whole story", start);
        terminal.blank();
        terminal.title("7. How long it took");
        timings.print(terminal);
    }

    @Override
    public void close() {
        heard.close();
        topics.close();
    }

    private void step(String title, Runnable work) {
        step(title, () -> {
            work.run();
            return title;
        });
    }

    private <T> T step(String title, Callable<T> work) {
        long start = System.nanoTime();
        terminal.blank();
        terminal.title(title);
        try {
            var result = work.call();
            terminal.detail("step " + title.charAt(0) + " verified in " + since(start));
            return result;
        } catch (Unverified e) {
            throw new Trouble("step " + title + ": " + e.getMessage(), "the logs are in " + logs, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- 1

    private Tenant makeTenant() {
        var tenant = Tenant.make(admin, terminal, "demo", cluster.toString().substring(0, 8));
        boolean done = false;
        try {
            ROLES.forEach(tenant::grant);
            Unverified.unless(
                    "the owner's roles",
                    rolesOn(tenant.project().id()),
                    view.assignments(tenant.owner().id()));
            done = true;
        } finally {
            if (!done) {
                tenant.close();
            }
        }
        page.fact("project", tenant.project());
        page.fact("owner", tenant.owner());
        terminal.good("The owner holds " + String.join(", ", ROLES) + " on it, and nothing else");
        return tenant;
    }

    private static Set<String> rolesOn(String project) {
        var roles = new TreeSet<String>();
        ROLES.forEach(role -> roles.add(role + " on project " + project));
        return roles;
    }

    // ---- 2

    /** Returns when the notifications were on the bus. */
    private long create(ClusterLife life) {
        page.fact("cluster", cluster.toString());
        var places = life.create();
        long created = System.nanoTime();
        tellEmitted("magnum.cluster.create", places);
        return created;
    }

    /** Reads the notifications back: what a service gets to see is what lies on the broker. */
    private void tellEmitted(String event, List<RecordMetadata> places) {
        for (var place : places) {
            var written = topics.at(place);
            Unverified.unless(written.key() == null, "the key of the record at " + place, "none", "one");
            var body = new String(written.value(), StandardCharsets.UTF_8);
            Unverified.unless(body.contains(event), "the record at " + place, event, "another");
            var outcome = place == places.getFirst() ? "pending" : "success";
            terminal.good("%s %s → %s, partition %d".formatted(event, outcome, place.topic(), place.partition()));
        }
        terminal.detail(
                "without keys, among %d notifications of Nova, Neutron and Keystone".formatted(ClusterLife.NOISE));
    }

    // ---- 3

    private KeystoneView.Delegation showWhatAppeared(Tenant tenant, long created) {
        var ready = terminal.during(
                "Waiting for " + CredentialEvent.READY, () -> heard.await(CredentialEvent.READY, LIMIT));
        var provisioned = heard.await(CredentialEvent.PROVISIONED, LIMIT);
        timings.between("Create emitted → delegation in Keystone", created, provisioned.nanos());
        timings.between("Create emitted → credential ready", created, ready.nanos());

        var delegation = view.delegation(cluster.toString(), tenant.project());
        page.fact("custodian", delegation.custodian());
        page.fact("trustee", delegation.trustee());
        page.fact("trust", delegation.trust());
        page.fact("roles", String.join(", ", delegation.roles()));
        Unverified.unless("the roles in the trust", ROLES, delegation.roles());
        Unverified.unless("impersonation in the trust", false, delegation.impersonation());
        Unverified.unless(
                "the trustee's own roles",
                Set.of(),
                view.assignments(delegation.trustee().id()));
        Unverified.unless(
                "the custodian's roles",
                rolesOn(tenant.project().id()),
                view.assignments(delegation.custodian().id()));
        terminal.good("The trust hands on just that, on this project only; the trustee has no more");

        var told = provisioned.event().data();
        Unverified.unless(
                "the trustee in the event",
                delegation.trustee().id(),
                told.at("/trustee/id").asText());
        Unverified.unless(
                "the trust in the event",
                delegation.trust(),
                told.at("/grants/0/trust").asText());
        page.news(heard);
        return delegation;
    }

    // ---- 4

    private ClientCredential open(KeystoneView.Delegation delegation) {
        var ready = heard.await(CredentialEvent.READY, LIMIT).event();
        var credential =
                ConductorKey.read(Path.of(variable("LANYARD_CONDUCTOR_KEY"))).open(ready);
        var secret = credential.applicationCredentialSecret();
        Unverified.unless("the URL to log in at", variable("LANYARD_DOOR_URL"), credential.authUrl());
        Unverified.unless(secret.length() >= 32, "the length of the secret", "32 at least", secret.length());
        terminal.good("The conductor's key opens the seal");
        terminal.line("  cloud.conf for a node (most of the secret is masked, on your terminal only):");
        CredentialFormat.CLOUD_CONF
                .of(credential)
                .replace(secret, secret.substring(0, 4) + "…")
                .lines()
                .forEach(line -> terminal.line("    " + line));

        var byId = keystone.loginByApplicationCredential(credential.applicationCredentialId(), secret);
        Unverified.unless(byId.isRefusal(), "logging in by it at Keystone itself", "a refusal", byId);
        var byPassword = keystone.loginByPassword(delegation.trustee().id(), secret);
        Unverified.unless(byPassword.isRefusal(), "logging in by it as a Keystone password", "a refusal", byPassword);
        terminal.good("It is no Keystone password: Keystone itself refuses it (%d, %d)"
                .formatted(byId.status(), byPassword.status()));
        searchFor(List.of(secret));
        return credential;
    }

    private void searchFor(List<String> secrets) {
        var control = topics.find(cluster.toString());
        Unverified.unless(
                !control.matches().isEmpty(), "searching the topics for the cluster's UUID", "matches", "none");
        for (var secret : secrets) {
            var found = topics.find(secret).matches();
            Unverified.unless("searching the topics for a secret", List.of(), found);
        }
        terminal.good("No secret in the %d records of %d topics (raw, hex, base64)"
                .formatted(control.records(), control.topics()));
        terminal.detail("the same search finds the cluster's UUID %d times"
                .formatted(control.matches().size()));
    }

    // ---- 5

    private void use(Node node, KeystoneView.Delegation delegation) {
        login(node, "Token through the door, first time");
        login(node, "Token through the door, second time");
        long start = System.nanoTime();
        var issued = terminal.during("openstack --os-cloud cluster token issue", node::issueToken);
        timings.since("openstack token issue, the whole command", start);
        Unverified.unless(issued.exitCode() == 0, "openstack token issue", "exit code 0", issued);
        var project = issued.output().path("project_id").asText();
        Unverified.unless(
                "the project of the client's token", delegation.project().id(), project);

        var token = node.tokens().getLast();
        showToken(token, delegation);
        terminal.line("  What the token may not do, asked of the real Keystone:");
        for (var attempt : LeastPrivilege.attempts(keystone, token, delegation, admin)) {
            showRefused(attempt);
        }
        terminal.line("  What the secret may not do, asked of the door:");
        showRefused(new LeastPrivilege.Attempt(
                "log in to the admin's project",
                node.loginTo(delegation.trustee().id(), admin.project())));
        page.news(heard);
    }

    private void login(Node node, String timing) {
        long start = System.nanoTime();
        var reply = node.login();
        timings.since(timing, start);
        Unverified.unless(reply.isSuccess() && !reply.token().isEmpty(), timing, "HTTP 201 and a token", reply);
        terminal.good(timing + " (" + since(start) + ")");
    }

    /** The real Keystone says what the token is. */
    private void showToken(String token, KeystoneView.Delegation delegation) {
        var reply = keystone.as(token).validate(token);
        Unverified.unless(reply.isSuccess(), "the token on the real Keystone", "HTTP 200", reply);
        var body = reply.body().path("token");
        Unverified.unless(
                "the token's project",
                delegation.project().id(),
                body.at("/project/id").asText());
        Unverified.unless(
                "the token's user",
                delegation.trustee().id(),
                body.at("/user/id").asText());
        Unverified.unless(
                "the token's trust",
                delegation.trust(),
                body.at("/OS-TRUST:trust/id").asText());
        var roles = KeystoneView.names(body.path("roles"));
        var allowed = new TreeSet<>(ROLES);
        // Keystone adds what a delegated role implies: member brings reader.
        allowed.add("reader");
        Unverified.unless(roles.containsAll(ROLES) && allowed.containsAll(roles), "the token's roles", allowed, roles);
        var end = OffsetDateTime.parse(body.path("expires_at").asText()).toInstant();
        var left = Duration.between(Instant.now(), end);
        Unverified.unless(left.isPositive(), "the token's end", "later than now", end);
        terminal.good("The real Keystone knows the token:");
        page.fact("project", body.at("/project/name").asText());
        page.fact("user", body.at("/user/name").asText());
        page.fact("roles", String.join(", ", roles));
        page.fact("expires", "in %d min".formatted(left.toMinutes()));
    }

    private void showRefused(LeastPrivilege.Attempt attempt) {
        var reply = attempt.reply();
        Unverified.unless(reply.isRefusal(), "trying to " + attempt.what(), "a refusal", reply);
        terminal.good("%d  %s".formatted(reply.status(), attempt.what()));
        page.quote(reply.message());
    }

    // ---- 6

    private void delete(ClusterLife life, Node node, KeystoneView.Delegation delegation) {
        var tokens = node.tokens();
        var places = life.delete();
        long deleted = System.nanoTime();
        var trustee = delegation.trustee().id();
        var custodian = delegation.custodian();
        var dead = new LinkedHashMap<String, BooleanSupplier>();
        dead.put("the door refuses a login", () -> node.login().status() == 401);
        dead.put("Keystone refuses all tokens", () -> tokens.stream().allMatch(token -> view.isDead(token, keystone)));
        dead.put(
                "no trust of the cluster",
                () -> !view.hasTrust(delegation.trust()) && view.trusts(trustee).isEmpty());
        dead.put(
                "no user of the cluster",
                () -> !view.hasUser(trustee) && view.user(cluster.toString()).isEmpty());
        dead.put(
                "no custodian of the project", () -> view.user(custodian.name()).isEmpty());
        dead.put("told on the bus", () -> heard.first(CredentialEvent.REVOKED).isPresent());
        awaitAll(dead, deleted);
        terminal.detail("the custodian goes because this was the project's last cluster");
        tellEmitted("magnum.cluster.delete", places);

        var issued = terminal.during("openstack --os-cloud cluster token issue, once more", node::issueToken);
        boolean refused = issued.exitCode() != 0 && issued.output().path("id").isMissingNode();
        Unverified.unless(refused, "the openstack client after the delete", "a refusal", "a token");
        page.quote(issued.errors());
        page.news(heard);
        searchFor(node.secrets());
    }

    /** Looks at all of them again and again until each has come true, and tells each as it does. */
    private void awaitAll(Map<String, BooleanSupplier> conditions, long emitted) {
        var open = new LinkedHashMap<>(conditions);
        terminal.watched("Waiting until it is dead everywhere", progress -> {
            long deadline = emitted + LIMIT.toNanos();
            while (!open.isEmpty()) {
                for (var one : new ArrayList<>(open.entrySet())) {
                    if (one.getValue().getAsBoolean()) {
                        open.remove(one.getKey());
                        timings.since("Delete emitted → " + one.getKey(), emitted);
                        terminal.good(one.getKey() + " (" + since(emitted) + ")");
                    }
                }
                boolean inTime = open.isEmpty() || System.nanoTime() - deadline < 0;
                Unverified.unless(inTime, LIMIT.toSeconds() + " s after the delete", open.keySet(), "not yet");
                progress.at(String.join(", ", open.keySet()));
                heard.pause();
            }
            return open;
        });
    }

    private static String since(long startNanos) {
        return Terminal.seconds(Duration.ofNanos(System.nanoTime() - startNanos));
    }
}
