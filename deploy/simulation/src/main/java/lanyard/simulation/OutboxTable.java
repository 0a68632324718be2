package lanyard.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The outbox as the relay sees it: what is committed, what is claimed, and what is published. */
final class OutboxTable {
    private final ModelPostgres database;
    private final Table<?> table;
    private final Function<Object, OutboxMessage> message;
    private final Map<Long, Instant> claimedUntil = new TreeMap<>();
    private final Set<Long> published = new TreeSet<>();
    private List<OutboxMessage> waiting = List.of();
    private List<OutboxMessage> heads = List.of();
    private int rowsSeen;

    /** @param message reads a row */
    OutboxTable(ModelPostgres database, Function<Object, OutboxMessage> message) {
        this.database = database;
        this.table = database.called("outbox");
        this.message = message;
    }

    /** All that was ever committed, in the order of its ids. */
    List<OutboxMessage> messages() {
        return table.rows.values().stream().map(message::apply).toList();
    }

    private List<OutboxMessage> waiting() {
        if (rowsSeen != table.rows.size()) {
            rowsSeen = table.rows.size();
            waiting = new ArrayList<>(messages());
            waiting.removeIf(one -> published.contains(one.id()));
            var seen = new HashSet<String>();
            heads = database.world.has(Mutation.RELAY_OUT_OF_ORDER)
                    ? waiting
                    : waiting.stream()
                            .filter(one -> one.key() == null || seen.add(one.key()))
                            .toList();
        }
        return waiting;
    }

    private List<OutboxMessage> heads() {
        return waiting().isEmpty() ? List.of() : heads;
    }

    private boolean isFree(OutboxMessage one, Instant now) {
        var until = claimedUntil.get(one.id());
        return until == null || until.isBefore(now);
    }

    boolean hasHeads() {
        // Asked at each step of anybody: without a stream.
        for (var head : heads()) {
            if (isFree(head, database.now())) {
                return true;
            }
        }
        return false;
    }

    /** When there may be a head to claim, by true time, if nothing else happens. */
    long nextHead() {
        return heads().stream()
                .map(head -> claimedUntil.getOrDefault(head.id(), Instant.MIN))
                .mapToLong(until -> until.equals(Instant.MIN) ? 0 : World.micros(until) - database.clockError + 1)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    boolean isEmpty() {
        return waiting().isEmpty();
    }

    List<List<Object>> claim(int most, Duration length) {
        var now = database.now();
        var claimed = new ArrayList<>(
                heads().stream().filter(head -> isFree(head, now)).limit(most).toList());
        if (database.world.has(Mutation.RELAY_OUT_OF_ORDER)) {
            Collections.reverse(claimed);
        }
        claimed.forEach(one -> claimedUntil.put(one.id(), now.plus(length)));
        if (database.world.has(Mutation.MARK_BEFORE_PUBLISHING)) {
            markPublished(claimed.stream().map(OutboxMessage::id).toList());
        }
        return claimed.stream().map(OutboxTable::columns).toList();
    }

    private static List<Object> columns(OutboxMessage one) {
        var columns = new ArrayList<@Nullable Object>();
        columns.add(one.id());
        columns.add(one.topic());
        columns.add(one.key());
        columns.add(one.body());
        return Collections.unmodifiableList(columns);
    }

    List<List<Object>> markPublished(List<Long> ids) {
        published.addAll(ids);
        rowsSeen = -1;
        database.world.changed();
        ids.forEach(claimedUntil::remove);
        return List.of();
    }

    /** Keeps what is known to be published; what is returned goes back to that. */
    Runnable backUp() {
        var kept = Set.copyOf(published);
        return () -> {
            published.clear();
            published.addAll(kept);
            claimedUntil.clear();
            rowsSeen = -1;
        };
    }

    List<List<Object>> putBack(List<Long> ids, Duration length) {
        ids.forEach(id -> claimedUntil.put(id, database.now().plus(length)));
        return List.of();
    }
}
