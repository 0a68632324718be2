package lanyard.revoker;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.LeasedRows;
import lanyard.revoker.Revocation.Recorded;

/** What the container can't make by itself. */
class Beans {
    @Produces
    @Singleton
    LeasedRows<ClusterRow, Recorded> clusters(Transactions transactions) {
        return new LeasedRows<>(transactions, ClusterRow.class, ClusterRow::recorded);
    }
}
