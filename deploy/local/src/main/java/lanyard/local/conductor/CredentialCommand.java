package lanyard.local.conductor;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import lanyard.local.stack.HomeOptions;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./lanyard credential}: waits, as the conductor, for a cluster's credential, opens its seal and prints the file for a node. */
@Command(
        name = "credential",
        description =
                "Act as the conductor: wait for a cluster's credential, open its seal, print the file for a node.")
public final class CredentialCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Parameters(index = "0", paramLabel = "CLUSTER", description = "The cluster's UUID.")
    private UUID cluster = new UUID(0, 0);

    @Option(
            names = "--purpose",
            paramLabel = "P",
            defaultValue = "cloud-provider",
            description = "Default: ${DEFAULT-VALUE}.")
    private String purpose = "";

    @Option(
            names = "--format",
            paramLabel = "F",
            defaultValue = "clouds.yaml",
            converter = CredentialFormat.ByFileName.class,
            description = "clouds.yaml, cloud.conf, openrc or json. Default: ${DEFAULT-VALUE}.")
    private CredentialFormat format = CredentialFormat.CLOUDS_YAML;

    @Option(
            names = "--timeout",
            paramLabel = "T",
            defaultValue = "60s",
            converter = Patience.class,
            description = "How long to wait for the credential. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ZERO;

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var home = options.home();
        var key = ConductorKey.read(home.file(home.env("LANYARD_CONDUCTOR_KEY")));
        try (var events = CredentialEvents.fromTheBeginning(home)) {
            var ready = options.errors()
                    .during("Waiting for the credential of " + cluster, () -> await(events, System.nanoTime()));
            System.out.print(format.of(key.open(ready)));
            System.out.flush();
        }
        return 0;
    }

    private CredentialEvent await(CredentialEvents events, long startNanos) {
        var mailbox = new CredentialMailbox(cluster.toString(), purpose);
        while (true) {
            events.poll(POLL).forEach(mailbox::take);
            if (events.isCaughtUp()) {
                var revoked = mailbox.revoked();
                if (revoked != null) {
                    throw new Trouble(
                            "the credential of cluster %s was revoked (%s)".formatted(cluster, revoked.meaning()),
                            "a revoked cluster gets none again; make a new cluster");
                }
                var ready = mailbox.ready();
                if (ready != null) {
                    return ready;
                }
                var failed = mailbox.failed();
                if (failed != null) {
                    throw new Trouble(
                            "the credential of cluster %s failed: %s".formatted(cluster, failed.meaning()),
                            "mend that; it is tried again by itself");
                }
            }
            if (System.nanoTime() - startNanos > timeout.toNanos()) {
                throw new Trouble(
                        "no credential.ready for purpose %s of cluster %s after %d s%s"
                                .formatted(purpose, cluster, timeout.toSeconds(), others(mailbox)),
                        "see what happened by ./lanyard events --cluster " + cluster);
            }
        }
    }

    private static String others(CredentialMailbox mailbox) {
        return mailbox.otherPurposes().isEmpty() ? "" : ", only for " + String.join(", ", mailbox.otherPurposes());
    }
}
