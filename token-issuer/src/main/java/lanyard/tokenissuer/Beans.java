package lanyard.tokenissuer;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.Seal;
import lanyard.tokenissuer.Preparation.Recorded;
import org.jboss.logging.Logger;

/** What the container can't make by itself. */
class Beans {
    private static final Logger LOG = Logger.getLogger(Beans.class);

    @Produces
    @Singleton
    KeyRing keys(TokenIssuerConfig config) {
        return KeyRing.read(config.keyRing().directory(), config.keyRing().current());
    }

    @Produces
    @Singleton
    Seal seal(TokenIssuerConfig config) {
        return Seal.read(config.recipients());
    }

    @Produces
    @Singleton
    DoorUrl door(TokenIssuerConfig config) {
        return new DoorUrl(config.door().url());
    }

    @Produces
    @Singleton
    LeasedRows<ClusterRow, Recorded> clusters(Transactions transactions) {
        return new LeasedRows<>(transactions, ClusterRow.class, ClusterRow::recorded);
    }

    /** Makes all of them before the first message is read, so that a wrong setting is told then, and not held against that message. */
    void check(
            @Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event,
            KeyRing keys,
            Seal seal,
            DoorUrl door) {
        LOG.infof("the door is %s, credentials are derived from %s and sealed to %s", door, keys, seal.recipients());
    }
}
