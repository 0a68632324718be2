package lanyard.tokenissuer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.TypedGuard;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.ServiceUser;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.tokenissuer.TokenIssuerConfig.IdentityEndpoint;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jboss.logging.Logger;

/**
 * Where tokens come from: Keystone, asked as the cluster's own trustee or as the issuer, behind a circuit breaker. While that is open,
 * Keystone is left alone, and whoever asks is told so at once.
 */
@ApplicationScoped
class KeystoneSource implements TokenSource {
    private static final Logger LOG = Logger.getLogger(KeystoneSource.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CALLS = 4;
    private static final long OPEN_SECONDS = 5;

    private final KeystoneTokens keystone;
    private final KeyRing keys;
    private final DoorUrl door;
    private final String domainName;
    private final boolean identityAtDoor;
    private final TypedGuard<Reply<Token>> circuit;
    private final AtomicReference<CircuitBreakerState> state = new AtomicReference<>(CircuitBreakerState.CLOSED);
    private volatile long openedAt;

    KeystoneSource(
            KeystoneTokens keystone, KeyRing keys, DoorUrl door, TokenIssuerConfig config, MeterRegistry metrics) {
        this.keystone = keystone;
        this.keys = keys;
        this.door = door;
        this.domainName = config.domain();
        this.identityAtDoor = config.door().identityEndpoint() == IdentityEndpoint.DOOR;
        this.circuit = TypedGuard.create(new jakarta.enterprise.util.TypeLiteral<Reply<Token>>() {})
                .withCircuitBreaker()
                .requestVolumeThreshold(CALLS)
                .failureRatio(0.5)
                .delay(OPEN_SECONDS, ChronoUnit.SECONDS)
                .failOn(KeystoneAway.class)
                .onStateChange(this::changed)
                .done()
                .build();
        metrics.gauge("lanyard.door.circuit.open", state, now -> now.get() == CircuitBreakerState.OPEN ? 1 : 0);
    }

    /** Carries an unavailable Keystone through the circuit breaker, which counts exceptions. */
    @SuppressWarnings("serial")
    private static final class KeystoneAway extends RuntimeException {
        private final Reply<Token> reply;

        KeystoneAway(Reply<Token> reply) {
            super("Keystone is away", null, false, false);
            this.reply = reply;
        }
    }

    private void changed(CircuitBreakerState now) {
        openedAt = System.nanoTime();
        state.set(now);
        switch (now) {
            case OPEN ->
                LOG.warnf("Keystone fails: it is not asked for tokens for %d s, and then tried again", OPEN_SECONDS);
            case HALF_OPEN -> LOG.info("Keystone is tried again");
            case CLOSED -> LOG.info("Keystone gives tokens again");
        }
    }

    @Override
    public Reply<Token> ask(Delegated what) {
        try {
            return circuit.call(() -> {
                var reply = askKeystone(what);
                if (reply instanceof Reply.Unavailable<Token>) {
                    throw new KeystoneAway(reply);
                }
                return reply;
            });
        } catch (KeystoneAway away) {
            return away.reply;
        } catch (CircuitBreakerOpenException e) {
            return new Reply.Unavailable<>("Keystone has been failing and is not asked at the moment");
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The circuit itself stays open until it is called again. */
    @Override
    public boolean isResting() {
        return state.get() == CircuitBreakerState.OPEN
                && System.nanoTime() - openedAt < TimeUnit.SECONDS.toNanos(OPEN_SECONDS);
    }

    private Reply<Token> askKeystone(Delegated what) {
        return what.trusteeship() == Trusteeship.ISSUER || what.trustee() == null
                ? keystone.issue(
                        new ServiceUser(
                                UserNames.ISSUER,
                                domainName,
                                keys.derive(keys.current(), Purpose.ISSUER, UserNames.ISSUER, 1)),
                        what.trust())
                : keystone.issue(
                        what.trustee(),
                        keys.derive(what.key(), Purpose.TRUSTEE, what.cluster(), what.generation()),
                        what.trust());
    }

    @Override
    public boolean canAsk(Delegated what) {
        return keys.has(what.key());
    }

    @Override
    public byte[] body(Token token) {
        return (identityAtDoor ? withIdentityAtDoor(token.body()) : token.body()).getBytes(StandardCharsets.UTF_8);
    }

    private String withIdentityAtDoor(String body) {
        try {
            var document = JSON.readTree(body);
            for (var service : document.at("/token/catalog")) {
                if (service.path("type").asText().equals("identity")) {
                    for (var endpoint : service.path("endpoints")) {
                        ((ObjectNode) endpoint).put("url", door.v3());
                    }
                }
            }
            return JSON.writeValueAsString(document);
        } catch (JsonProcessingException | ClassCastException e) {
            throw new IllegalStateException("a token's body that was read before can't be read", e);
        }
    }
}
