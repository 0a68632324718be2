package lanyard.tokenissuer;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneTokens.ServiceUser;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.ReconcileParts;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.tracing.Tracing;
import lanyard.simulation.Mutation;
import lanyard.simulation.Replica;
import lanyard.simulation.Surroundings;
import lanyard.simulation.Surroundings.Tables;
import lanyard.tokenissuer.Clusters.Name.OfCluster;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;

/** The token issuer without its HTTP side, put together as its container does. */
public final class SimulatedTokenIssuer implements Replica {
    private final Surroundings around;
    private final CredentialsConsumer credentials;
    private final Clusters clusters;
    private final TokenCache tokens;
    private final BusWatch watch;
    private final ReconcileParts reconciling;

    public SimulatedTokenIssuer(Surroundings around) {
        this.around = around;
        var config = around.settings().of(TokenIssuerConfig.class);
        var transactions = around.transactions();
        var rows = new LeasedRows<>(transactions, ClusterRow.class, ClusterRow::recorded);
        var store = new ClusterStore(transactions, rows, around.clock());
        var source = new Source(around, config);
        var door = new DoorUrl(config.door().url());
        tokens = new SteppedTokens(around, source, store, config);
        clusters = new Clusters(store, tokens, config, around.undivided());
        watch = new BusWatch(
                clusters,
                new FirstLogins(Tracing.OFF),
                Map.of(),
                "lanyard-token-issuer",
                around.settings().of(LanyardConfig.class),
                config,
                around.metrics());
        credentials = new CredentialsConsumer(
                around.intake(), store, rows, around.settings().of(ReconcileConfig.class), around.clock());
        reconciling = around.reconciling(new ServeCluster(
                rows,
                store,
                tokens,
                source,
                new ClientCredentials(around.keys(), door, config),
                around.settings().seal(),
                door,
                around.outbox(),
                around.waits(),
                config,
                around.clock()));
    }

    @Override
    public boolean hearsConductor() {
        return false;
    }

    @Override
    public Uni<Void> hearNotifications(ConsumerRecords<String, byte[]> batch) {
        throw new UnsupportedOperationException("the token issuer does not hear the conductor");
    }

    @Override
    public Uni<Void> hearCredential(ConsumerRecord<String, byte[]> message) {
        return isDeafTo(message.value()) ? Uni.createFrom().voidItem() : credentials.hear(message);
    }

    /** Takes what the bus says into the memory of this replica. */
    public void watch(byte[] message) {
        if (!isDeafTo(message)) {
            watch.hear(message);
        }
    }

    private boolean isDeafTo(byte[] message) {
        return around.has(Mutation.DOOR_IGNORES_REVOCATION)
                && EventCodec.read(message) instanceof Read.Event(CredentialRevoked _, var _, var _, var _);
    }

    @Override
    public ReconcileParts reconciling() {
        return reconciling;
    }

    /** What stands behind a credential that the door serves. */
    public record Behind(String trust, int backend) {}

    /** What the door would serve a cluster now, by purpose; {@code null} where it would refuse. */
    public @Nullable Map<String, Behind> served(String cluster) {
        var found = clusters.find(new OfCluster(cluster));
        if (found == null || found.revoked() || found.disputed()) {
            return null;
        }
        var served = new TreeMap<String, Behind>();
        for (var purpose : found.delegated().keySet()) {
            var credential = found.newest(purpose);
            var behind = credential == null
                    ? null
                    : found.behind(credential, around.clock().instant());
            if (behind != null) {
                served.put(purpose, new Behind(behind.trust(), behind.generation()));
            }
        }
        return served;
    }

    /** The newest generation of the client credentials of a cluster that the door knows; 0 for none. */
    public int clientGeneration(String cluster) {
        var found = clusters.find(new OfCluster(cluster));
        return found == null
                ? 0
                : found.credentials().values().stream()
                        .mapToInt(Credential::generation)
                        .max()
                        .orElse(0);
    }

    /**
     * A cluster's clients log in for every purpose, as the door does it: a token that is at hand, or another if Keystone does not take
     * that one any more.
     *
     * @return whether each got a token
     */
    public boolean logIn(String cluster) {
        var found = clusters.find(new OfCluster(cluster));
        if (found == null) {
            return false;
        }
        return found.delegated().keySet().stream().sorted().allMatch(purpose -> {
            var what = found.behind(purpose);
            return what != null && logIn(what);
        });
    }

    private boolean logIn(Delegated what) {
        var held = tokens.atHand(what);
        // Services refuse what Keystone has ended, and the client comes again.
        if (held != null && tokens.isAlive(what, held)) {
            return true;
        }
        return tokens.fetch(what).join() instanceof Reply.Done<Held>;
    }

    /** Forgets what the rows say by now, as is done every ten seconds. */
    public void settle() {
        clusters.settle();
    }

    /** The schema, as the migrations make it. */
    public static void tables(Tables tables, @Nullable Mutation mutation) {
        tables.table(
                ClusterRow.class,
                () -> mutation == Mutation.SKIP_THE_LEASE ? new Leaseless() : new ClusterRow(),
                row -> row.phase = Phase.PRESENT);
        tables.table(GrantRow.class, GrantRow::new, row -> {});
        tables.table(CredentialRow.class, CredentialRow::new, row -> {});
    }

    private static final class Leaseless extends ClusterRow {
        @Override
        public boolean isLeasedBy(Lease claimed) {
            return lease != null;
        }
    }

    /** The cache, that asks Keystone in the coroutine of whoever asks first; the others wait for that one. */
    private static final class SteppedTokens extends TokenCache {
        private final Surroundings around;

        SteppedTokens(Surroundings around, TokenSource source, ClusterStore store, TokenIssuerConfig config) {
            super(
                    around.tokens(),
                    source,
                    store,
                    config,
                    around.metrics(),
                    around.clock(),
                    Runnable::run,
                    around.between());
            this.around = around;
        }

        @Override
        public CompletableFuture<Reply<Held>> fetch(Delegated what) {
            var reply = super.fetch(what);
            if (!reply.isDone()) {
                around.await().accept(reply::isDone);
            }
            return reply;
        }
    }

    /** As {@link KeystoneSource}, without its circuit breaker, which keeps its own time. */
    private static final class Source implements TokenSource {
        private final Surroundings around;
        private final String domain;

        Source(Surroundings around, TokenIssuerConfig config) {
            this.around = around;
            this.domain = config.domain();
        }

        @Override
        public boolean canAsk(Delegated what) {
            return around.keys().has(what.key());
        }

        @Override
        public Reply<Token> ask(Delegated what) {
            return what.trusteeship() == Trusteeship.ISSUER || what.trustee() == null
                    ? around.tokens().issue(new ServiceUser(UserNames.ISSUER, domain, issuersPassword()), what.trust())
                    : around.tokens().issue(what.trustee(), password(what), what.trust());
        }

        private Secret issuersPassword() {
            var keys = around.keys();
            return keys.derive(keys.current(), Purpose.ISSUER, UserNames.ISSUER, 1);
        }

        private Secret password(Delegated what) {
            return around.keys().derive(what.key(), Purpose.TRUSTEE, what.cluster(), what.generation());
        }

        @Override
        public byte[] body(Token token) {
            return token.body().getBytes(StandardCharsets.UTF_8);
        }
    }
}
