package lanyard.common.intake;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.mutiny.sqlclient.Pool;
import lanyard.common.outbox.Outbox;
import lanyard.common.tracing.Tracing;
import org.hibernate.reactive.mutiny.Mutiny;

/** Makes what the container makes elsewhere. */
public final class IntakeParts {
    private IntakeParts() {}

    public static Intake intake(
            Mutiny.SessionFactory sessions, Outbox outbox, Pool database, MeterRegistry metrics, String service) {
        return new Intake(sessions, outbox, new Positions(database), metrics, Tracing.OFF, service);
    }
}
