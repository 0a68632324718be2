package lanyard.revoker;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import lanyard.common.events.ClusterListed;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.EventCodec;
import lanyard.common.events.FailureReason;
import lanyard.common.events.Read;
import lanyard.common.events.RetryRequested;
import lanyard.common.events.SweepRequested;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.revoker.Revocation.Recorded;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Hears from the provisioner that Keystone holds, or may hold, something of a cluster. For a tombstone that means: look again. Hears
 * from an operator that a revocation that has failed is to be tried again, or that a sweep is wanted now. And hears from the comparison
 * with the conductor's list which clusters there are.
 */
@ApplicationScoped
class CredentialsConsumer {
    private final Intake intake;
    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final SweepStore sweeps;
    private final Duration pause;
    private final InstantSource clock;

    CredentialsConsumer(
            Intake intake,
            LeasedRows<ClusterRow, Recorded> clusters,
            SweepStore sweeps,
            ReconcileConfig config,
            InstantSource clock) {
        this.intake = intake;
        this.clusters = clusters;
        this.sweeps = sweeps;
        this.pause = config.firstRetry();
        this.clock = clock;
    }

    @Incoming("credentials")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (EventCodec.read(message.value())) {
            case Read.Event(CredentialProvisioned event, var _, var _, var _) ->
                intake.commit(
                        message,
                        session -> clusters.hear(
                                session,
                                event.cluster(),
                                row -> row.provisioned(
                                        event.project(),
                                        event.grants().stream()
                                                .map(Grant::trust)
                                                .toList(),
                                        clock.instant())));
            case Read.Event(CredentialFailed event, var _, var _, var _)
            when event.reason() == FailureReason.DELETED_MEANWHILE ->
                intake.commit(
                        message,
                        session -> clusters.hear(
                                session, event.cluster(), row -> row.gaveUp(event.project(), clock.instant())));
            case Read.Event(ClusterListed event, var _, var _, var _) ->
                intake.commit(
                        message,
                        session -> clusters.hear(
                                session,
                                event.cluster(),
                                row -> row.hear(
                                        row.recorded().join(Phase.PRESENT, clock.instant(), event.project()),
                                        clock.instant())));
            case Read.Event(RetryRequested event, var _, var _, var _) ->
                intake.commit(
                        message,
                        session -> clusters.hearIfKnown(
                                session, event.cluster(), row -> row.retry(clock.instant(), pause)));
            case Read.Event(SweepRequested event, var _, var _, var _) ->
                intake.commit(message, session -> sweeps.hear(session, event));
            case Read.Event _ -> intake.ignore(message);
            case Read.Ignored() -> intake.ignore(message);
            case Read.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
