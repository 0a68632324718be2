package lanyard.local.conductor;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Named;
import lanyard.local.stack.HomeOptions;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./lanyard emit}: emits, as the conductor, its notifications of one action on one cluster, and prints the cluster's UUID. */
@Command(
        name = "emit",
        description = "Act as the conductor: emit its notifications about a cluster, print the cluster's UUID.")
public final class EmitCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "create|update|delete",
            converter = Action.ByWord.class,
            description = "What the conductor does.")
    private Action action = Action.CREATE;

    @Option(names = "--project", paramLabel = "P", required = true, description = "The cluster's project: id or name.")
    private String project = "";

    @Option(names = "--owner", paramLabel = "U", required = true, description = "The user who asks for it: id or name.")
    private String owner = "";

    @Option(names = "--cluster", paramLabel = "UUID", description = "The cluster's UUID. Default: a new one.")
    private @Nullable UUID cluster;

    @Option(
            names = "--name",
            paramLabel = "N",
            defaultValue = "lanyard",
            description = "The cluster's name. Default: ${DEFAULT-VALUE}.")
    private String name = "";

    @Option(names = "--label", paramLabel = "K=V", description = "A label of the cluster; may be repeated.")
    private Map<String, String> labels = new TreeMap<>();

    @Option(
            names = "--outcome",
            paramLabel = "pending|success|failure",
            converter = Outcome.ByWord.class,
            description = "Only this one. Default: pending, then success.")
    private @Nullable Outcome outcome;

    @Option(
            names = "--noise",
            paramLabel = "N",
            defaultValue = "0",
            description = "Among so many notifications of other services.")
    private int noise;

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var env = options.home().env();
        var uuid = cluster == null ? UUID.randomUUID() : cluster;
        var told = named(env, uuid);
        var outcomes = outcome == null ? List.of(Outcome.PENDING, Outcome.SUCCESS) : List.of(outcome);
        var now = Instant.now();
        try (var bus = new NotificationBus(KafkaAccess.of(options.home()))) {
            bus.emit(among(
                    noise,
                    outcomes.stream()
                            .map(each -> Notification.ofConductor(action, each, told, now))
                            .toList(),
                    now));
        }
        System.out.println(uuid);
        return 0;
    }

    private ToldCluster named(Map<String, String> env, UUID uuid) {
        if (Named.isId(project) && Named.isId(owner)) {
            // Keystone is not needed, so it may be down.
            return new ToldCluster(uuid, name, new Named(project, project), new Named(owner, owner), labels);
        }
        if (!env.containsKey("OS_AUTH_URL")) {
            throw new Trouble(
                    "there is no Keystone in this home's env to look up names in",
                    "give --project and --owner as ids, or put OS_AUTH_URL and the other OS_... into it");
        }
        var keystone = new Keystone(env.get("OS_AUTH_URL")).login(env);
        return new ToldCluster(uuid, name, keystone.find("projects", project), keystone.find("users", owner), labels);
    }

    /** Half of the noise comes before, half after. */
    public static List<Notification> among(int noise, List<Notification> ours, Instant now) {
        List<Notification> all = new ArrayList<>();
        for (int i = 0; i < noise; i++) {
            if (i == noise / 2) {
                all.addAll(ours);
            }
            all.add(Notification.ofAnotherService(i, now));
        }
        if (noise == 0) {
            all.addAll(ours);
        }
        return all;
    }
}
