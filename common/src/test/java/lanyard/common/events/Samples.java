package lanyard.common.events;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.CredentialReady.Sealed;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.SweepFinished.Orphan;

/** One event of each type, as they are in a cluster's life. */
final class Samples {
    static final String CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    static final String PROJECT = "ba5717e041c54c59af754c97ebfddafb";
    static final String ID = "5b0f4a57-5f5e-4a0c-9d4e-6a1f1f6f3c11";
    static final String SOURCE = "/lanyard/revoker";
    static final Instant TIME = Instant.parse("2026-11-23T12:05:18.025114Z");

    static final CredentialProvisioned PROVISIONED = new CredentialProvisioned(
            CLUSTER,
            PROJECT,
            new Generation(1, "2026-11"),
            new Generation(2, "2026-11"),
            "project-trust",
            new Custodian("3d8f0b6c7a1e4f5d9c2b8a7e6f5d4c3b", "custodian-" + PROJECT),
            new Trustee("91f2a6d3c4b5e6f708192a3b4c5d6e7f", CLUSTER, "default"),
            List.of(
                    new Grant(
                            "cloud-provider",
                            "c7b1d2e3f4a5968778695a4b3c2d1e0f",
                            Trusteeship.PER_CLUSTER,
                            List.of("member", "load-balancer_member")),
                    new Grant(
                            "registry",
                            "0f1e2d3c4b5a69788796a5f4e3d2b1c7",
                            Trusteeship.ISSUER,
                            List.of("swiftoperator"))));

    static final CredentialFailed FAILED = new CredentialFailed(
            CLUSTER, PROJECT, 2, 1, FailureReason.OWNER_HAS_NO_ROLE, "The owner holds no role: grant one.");

    static final CredentialFailed FAILED_WITHOUT_PROJECT =
            new CredentialFailed(CLUSTER, null, 1, 3, FailureReason.DISPUTED, "Two creates name different projects.");

    static final CredentialReady READY = new CredentialReady(
            CLUSTER,
            PROJECT,
            1,
            "cloud-provider",
            "a3f1c2d4e5b60718293a4b5c6d7e8f90",
            "https://lanyard.example.org:5000/v3",
            List.of(new Sealed("conductor", "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyJ9.d3JhcHBlZA.aXY.c2VhbGVk.dGFn")));

    static final TokenIssued ISSUED = new TokenIssued(
            CLUSTER,
            "cloud-provider",
            "a3f1c2d4e5b60718293a4b5c6d7e8f90",
            TokenIssued.Source.KEYSTONE,
            Instant.parse("2026-11-23T13:04:51Z"),
            "fe80::1%eth0",
            "req-0be627d2-152d-4c20-a96a-fb2daadc0931");

    static final CredentialRevoked REVOKED = new CredentialRevoked(CLUSTER, 1, TrusteeFate.REMOVED);

    static final ClusterListed LISTED = new ClusterListed(CLUSTER, PROJECT, "7de020f4013d4f81bb080153325bff93");

    static final RetryRequested RETRY = new RetryRequested(CLUSTER);

    static final RotationRequested ROTATION = new RotationRequested(CLUSTER, 2, 1);

    static final SweepRequested SWEEP = new SweepRequested(CredentialEvent.NO_CLUSTER, "sweep-1", true);

    static final SweepFinished SWEPT = new SweepFinished(
            CredentialEvent.NO_CLUSTER,
            "sweep-1",
            false,
            SweepFinished.Outcome.DONE,
            "Keystone lists no more than 100 users.",
            100,
            2,
            10,
            List.of(
                    new Orphan(
                            SweepFinished.Kind.TRUSTEE,
                            "91f2a6d3c4b5e6f708192a3b4c5d6e7f",
                            CLUSTER,
                            TIME,
                            TIME.plusSeconds(86_400),
                            SweepFinished.Fate.REMOVED),
                    new Orphan(
                            SweepFinished.Kind.CUSTODIAN,
                            "3d8f0b6c7a1e4f5d9c2b8a7e6f5d4c3b",
                            PROJECT,
                            TIME,
                            TIME.plusSeconds(86_400),
                            SweepFinished.Fate.LEFT)),
            3);

    static final SweepFinished SWEPT_ON_SCHEDULE = new SweepFinished(
            CredentialEvent.NO_CLUSTER, null, false, SweepFinished.Outcome.NONE_LIVE, null, 7, 0, 3, List.of(), 7);

    static final TokenRefused REFUSED = new TokenRefused(
            CLUSTER,
            "cloud-provider",
            "a3f1c2d4e5b60718293a4b5c6d7e8f90",
            "wrong-secret",
            "192.0.2.17",
            "req-0be627d2-152d-4c20-a96a-fb2daadc0931");

    static final TokenRefused REFUSED_NOBODY = new TokenRefused(
            TokenRefused.NO_CLUSTER, null, null, "malformed", "192.0.2.17", "req-0be627d2-152d-4c20-a96a-fb2daadc0931");

    static final TokenRevoked TOKEN_REVOKED = new TokenRevoked(
            CLUSTER,
            "cloud-provider",
            "a3f1c2d4e5b60718293a4b5c6d7e8f90",
            "192.0.2.17",
            "req-0be627d2-152d-4c20-a96a-fb2daadc0931");

    private Samples() {}

    static Stream<CredentialEvent> all() {
        return Stream.of(
                PROVISIONED,
                FAILED,
                FAILED_WITHOUT_PROJECT,
                READY,
                ISSUED,
                REFUSED,
                REFUSED_NOBODY,
                TOKEN_REVOKED,
                LISTED,
                RETRY,
                ROTATION,
                SWEEP,
                SWEPT,
                SWEPT_ON_SCHEDULE,
                REVOKED);
    }

    static byte[] written(CredentialEvent event) {
        return EventCodec.write(event, ID, SOURCE, TIME);
    }
}
