package lanyard.revoker;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.Phase;

/** What other clusters of a project have. A trust's name is a hash, which two of them may have in common. */
@ApplicationScoped
class Neighbours {
    private static final String OTHERS =
            "from ClusterRow where provisionedProject = ?1 and cluster <> ?2 and phase <> ?3";

    private final Transactions transactions;

    Neighbours(Transactions transactions) {
        this.transactions = transactions;
    }

    /** Ids of the trusts of the project's other clusters that are not gone. Blocks. */
    Set<String> trusts(String project, String cluster) {
        return transactions.call(session -> session.createQuery(OTHERS, ClusterRow.class)
                .setParameter(1, project)
                .setParameter(2, cluster)
                .setParameter(3, Phase.ABSENT)
                .getResultList()
                .map(rows ->
                        rows.stream().flatMap(row -> Stream.of(row.trusts)).collect(Collectors.toUnmodifiableSet())));
    }
}
