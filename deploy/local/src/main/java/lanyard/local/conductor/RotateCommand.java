package lanyard.local.conductor;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import lanyard.local.stack.HomeOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./lanyard rotate}: asks over the bus, as an operator, for a new generation of a cluster's credential, and waits until it is told. */
@Command(
        name = "rotate",
        description = "Act as the operator: have a cluster's credential made anew, and wait until it is.",
        footer = {
            "",
            "A new client credential is sealed to the conductor, and the old one stays valid for the overlap that the"
                    + " token issuer is set to. For a new backend no node is touched; clients that hold a token log in again."
        })
public final class RotateCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int FARTHEST = 1_000;

    @Parameters(index = "0", paramLabel = "CLUSTER", description = "The cluster's UUID.")
    private UUID cluster = new UUID(0, 0);

    @ArgGroup
    private @Nullable Which which;

    @Option(
            names = "--generation",
            paramLabel = "N",
            description =
                    "Which generation to make. Default: one more than was told last, if the topic still has that.")
    private @Nullable Integer generation;

    @Option(
            names = "--timeout",
            paramLabel = "T",
            defaultValue = "60s",
            converter = Patience.class,
            description = "How long to wait until it is told. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ZERO;

    @Mixin
    private HomeOptions options = new HomeOptions();

    static final class Which {
        @Option(
                names = "--client",
                required = true,
                description = "What the cluster's clients hold: id and secret. The default.")
        private boolean client;

        @Option(
                names = "--backend",
                required = true,
                description = "What stands behind it in Keystone: the trustee's password and the trusts.")
        private boolean backend;
    }

    @Override
    public Integer call() {
        var of = which != null && which.backend ? Rotation.Of.BACKEND : Rotation.Of.CLIENT;
        var home = options.home();
        var errors = options.errors();
        var rotation = new Rotation(cluster, of, generation == null ? 0 : generation);
        try (var events = CredentialEvents.fromTheBeginning(home)) {
            long start = System.nanoTime();
            while (!events.isCaughtUp()) {
                events.poll(POLL).forEach(rotation::take);
                inTime(start, "the topic could not be read to its end");
            }
            refuseWhatCannotBeRotated(rotation);
            var request = rotation.ask();
            request.tell(home);
            errors.watched(
                    "Waiting for %s generation %d of %s".formatted(word(of), rotation.wanted(), cluster),
                    progress -> await(events, rotation, progress, System.nanoTime()));
            System.out.println(
                    switch (of) {
                        case CLIENT ->
                            "client generation %d of cluster %s is ready for %s; get it by ./lanyard credential %s"
                                    .formatted(
                                            rotation.wanted(), cluster, String.join(", ", rotation.ready()), cluster);
                        case BACKEND ->
                            "backend generation %d of cluster %s is provisioned; its clients keep what they have"
                                    .formatted(rotation.wanted(), cluster);
                    });
        }
        return 0;
    }

    private void refuseWhatCannotBeRotated(Rotation rotation) {
        var revoked = rotation.revoked();
        if (revoked != null) {
            throw new Trouble(
                    "the credential of cluster %s was revoked (%s)".formatted(cluster, revoked.meaning()),
                    "a revoked cluster gets none again; make a new cluster");
        }
        if (generation == null && rotation.told() == 0) {
            throw new Trouble(
                    "the topic has no credential.provisioned of cluster %s, so there is nothing to rotate"
                            .formatted(cluster),
                    "see what it has by ./lanyard events --cluster %s; if it was told longer ago than the topic keeps, give the"
                                    .formatted(cluster)
                            + " generation that is to be made: --generation");
        }
        if (generation != null && generation <= rotation.told()) {
            throw new Trouble(
                    "cluster %s has generation %d already".formatted(cluster, rotation.told()),
                    "ask for a later one, or leave --generation out");
        }
        // It can't be taken back, and there is an end to them.
        if (generation != null && generation > rotation.told() + FARTHEST) {
            throw new Trouble(
                    "generation %d is more than %d beyond what was told of cluster %s"
                            .formatted(generation, FARTHEST, cluster),
                    "generations are counted one by one, and can't be taken back: ask for the next");
        }
    }

    private boolean await(CredentialEvents events, Rotation rotation, Terminal.Progress progress, long start) {
        while (!rotation.isDone()) {
            events.poll(POLL).forEach(event -> {
                rotation.take(event);
                if (event.cluster().equals(cluster.toString())) {
                    progress.at(event.type());
                }
            });
            var failed = rotation.failed();
            if (failed != null) {
                throw new Trouble(
                        "the rotation of cluster %s failed: %s".formatted(cluster, failed.meaning()),
                        "mend that; it is tried again by itself");
            }
            if (rotation.revoked() != null) {
                throw new Trouble(
                        "the credential of cluster %s was revoked meanwhile".formatted(cluster),
                        "a revoked cluster gets none again; make a new cluster");
            }
            if (!rotation.isDone()) {
                inTime(
                        start,
                        generation == null
                                ? "the rotation was asked for, but is not done"
                                : "the rotation was asked for, but is not done, or it has that generation");
            }
        }
        return true;
    }

    private void inTime(long start, String otherwise) {
        if (System.nanoTime() - start > timeout.toNanos()) {
            throw new Trouble(
                    "%s after %s".formatted(otherwise, Terminal.seconds(timeout)),
                    "see what happened by ./lanyard events --cluster " + cluster);
        }
    }

    private static String word(Rotation.Of of) {
        return of == Rotation.Of.CLIENT ? "client" : "backend";
    }
}
