package lanyard.common.database;

import io.smallrye.mutiny.Uni;
import java.util.function.Function;
import org.hibernate.reactive.mutiny.Mutiny;

/** Transactions that run where they are called, and not on an event loop. */
public final class DirectTransactions extends Transactions {
    private final Mutiny.SessionFactory sessions;

    public DirectTransactions(Mutiny.SessionFactory sessions) {
        super(sessions);
        this.sessions = sessions;
    }

    @Override
    public <T> T call(Function<Mutiny.Session, Uni<T>> work) {
        return sessions.withTransaction(work).await().indefinitely();
    }
}
