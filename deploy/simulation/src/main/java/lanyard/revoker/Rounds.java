package lanyard.revoker;

import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import lanyard.common.reconcile.Phase;
import lanyard.simulation.Surroundings.Tables;
import org.jspecify.annotations.Nullable;

/** The tables of the sweep and of the comparison with the conductor's list, and the statements in SQL that are run on them. */
final class Rounds {
    private Rounds() {}

    /** The comparison's one row, which no entity stands for. */
    @Table(name = "comparison")
    static final class ComparisonRow {
        @Id
        int id = 1;

        @Nullable
        UUID lease;

        @Nullable
        Instant leasedUntil;

        @Nullable
        Instant endedAt;
    }

    static void tables(Tables tables) {
        tables.table(SuspectRow.class, SuspectRow::new, row -> {});
        tables.table(SweepRow.class, SweepRow::new, row -> {});
        tables.table(ComparisonRow.class, ComparisonRow::new, row -> {});
        var sweep = new SweepRow();
        sweep.id = SweepRow.ID;
        tables.row(SweepRow.class, sweep);
        tables.row(ComparisonRow.class, new ComparisonRow());
        sweep(tables);
        compare(tables);
    }

    private static void sweep(Tables tables) {
        tables.statement(
                """
                with schedule as (
                  select $3::float8 > 0 and coalesce(swept_at <= now() - make_interval(secs => $3), true) as due from sweep),
                next as (
                  select request, dry from sweep_request where not (select due from schedule)
                  order by heard_at, request limit 1)
                update sweep
                set lease = gen_random_uuid(), leased_until = now() + make_interval(secs => $1)
                where (leased_until is null or leased_until < now())
                  and (ended_at is null or ended_at <= now() - make_interval(secs => $2))
                  and ((select due from schedule) or exists (select from next))
                returning lease, (select request from next), (select dry from next)
                """,
                parameters -> claimSweep(tables, parameters));
        tables.update(
                """
                insert into cluster as c (cluster, phase, due_at, unsettled_since) values (?1, 'ABSENT', now(), now())
                on conflict (cluster) do update
                set revoked = false, due_at = now(), unsettled_since = now(), lease = null, leased_until = null
                where c.phase = 'ABSENT' and c.revoked
                """,
                ClusterRow.class,
                parameters -> parameter(parameters, 1, String.class),
                true,
                (row, isNew, parameters) -> {
                    if (!isNew && !(row.phase == Phase.ABSENT && row.revoked)) {
                        return false;
                    }
                    row.cluster = parameter(parameters, 1, String.class);
                    row.phase = Phase.ABSENT;
                    row.revoked = false;
                    row.dueAt = tables.clock().instant();
                    row.unsettledSince = row.dueAt;
                    row.lease = null;
                    row.leasedUntil = null;
                    return true;
                });
        // Nobody asks for a sweep here: there is no such row.
        tables.update(
                "delete from sweep_request where request = ?1",
                SweepRow.class,
                parameters -> "none",
                false,
                (row, isNew, parameters) -> false);
    }

    private static List<List<Object>> claimSweep(Tables tables, Tuple parameters) {
        var now = tables.clock().instant();
        var row = tables.rows(SweepRow.class).getFirst();
        if (!isPast(row.leasedUntil, now)
                || !isPast(row.endedAt, now.minus(seconds(parameters.getDouble(1))))
                || !isPast(row.sweptAt, now.minus(seconds(parameters.getDouble(2))))) {
            return List.of();
        }
        row.lease = tables.uuid();
        row.leasedUntil = now.plus(seconds(parameters.getDouble(0)));
        return List.of(nullable(row.lease, null, null));
    }

    private static void compare(Tables tables) {
        tables.statement(
                """
                update comparison set lease = gen_random_uuid(), leased_until = now() + make_interval(secs => $1)
                where (leased_until is null or leased_until < now())
                  and (ended_at is null or ended_at <= now() - make_interval(secs => $2))
                returning lease
                """,
                parameters -> claimComparison(tables, parameters));
        tables.statement(
                """
                select cluster, phase, cardinality(trusts) > 0, unlisted_since, unlisted_times
                from cluster where phase <> 'ABSENT' or cluster = any($1)
                """,
                parameters -> known(tables, Set.of(parameters.getArrayOfStrings(0))));
        tables.update(
                """
                update comparison
                set lease = null, leased_until = null, ended_at = now(), outcome = ?2, listed = ?3, unserved = ?4, unlisted = ?5
                where lease = ?1
                """,
                ComparisonRow.class,
                parameters -> "1",
                false,
                (row, isNew, parameters) -> {
                    if (!parameter(parameters, 1, UUID.class).equals(row.lease)) {
                        return false;
                    }
                    row.lease = null;
                    row.leasedUntil = null;
                    row.endedAt = tables.clock().instant();
                    return true;
                });
    }

    private static List<List<Object>> claimComparison(Tables tables, Tuple parameters) {
        var now = tables.clock().instant();
        var row = tables.rows(ComparisonRow.class).getFirst();
        if (!isPast(row.leasedUntil, now) || !isPast(row.endedAt, now.minus(seconds(parameters.getDouble(1))))) {
            return List.of();
        }
        row.lease = tables.uuid();
        row.leasedUntil = now.plus(seconds(parameters.getDouble(0)));
        return List.of(List.of(row.lease));
    }

    private static List<List<Object>> known(Tables tables, Set<String> listed) {
        return tables.rows(ClusterRow.class).stream()
                .filter(row -> row.phase != Phase.ABSENT || listed.contains(row.cluster))
                .map(row -> nullable(
                        row.cluster,
                        row.phase.name(),
                        row.trusts.length > 0,
                        row.unlistedSince == null ? null : row.unlistedSince.atOffset(ZoneOffset.UTC),
                        row.unlistedTimes))
                .toList();
    }

    private static boolean isPast(@Nullable Instant time, Instant now) {
        return time == null || !time.isAfter(now);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }

    private static <T> T parameter(Map<Integer, Object> parameters, int number, Class<T> type) {
        return type.cast(Objects.requireNonNull(parameters.get(number)));
    }

    @SuppressWarnings("NullAway") // A column may be null.
    private static List<Object> nullable(@Nullable Object... columns) {
        return Collections.unmodifiableList(Arrays.asList(columns));
    }
}
