package lanyard.local.bootstrap;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lanyard.local.bootstrap.Topics.Topic;
import lanyard.local.keystone.Keystone;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./lanyard bootstrap-cloud}. */
@Command(
        name = "bootstrap-cloud",
        description =
                "Make on a cloud what Lanyard needs there: its domain, users of least privilege for its services, its topics.",
        footer = {
            "",
            "Acts at Keystone as the user of the OS_* variables, as OpenStack's clients do; that has to be an administrator. May be"
                    + " repeated at any time: what is there stays, what is missing is made.",
            "Keystone's policy can't be changed from outside. The rules are written to policy.yaml in --out, for you to put in place;"
                    + " --check then tries them.",
        })
public final class BootstrapCloudCommand implements Callable<Integer> {
    @Option(names = "--verbose", description = "Show the stack trace when something goes wrong.")
    private boolean verbose;

    @Option(names = "--dry-run", description = "Only look, and say what would be made.")
    private boolean dryRun;

    @Option(
            names = "--check",
            description = "Afterwards try, as the services' users, whether each may do what it must, and nothing else.")
    private boolean check;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "lanyard-cloud",
            description = "Where passwords (files of mode 600) and policy.yaml go. Default: ${DEFAULT-VALUE}")
    private Path out = Path.of("");

    @Option(names = "--rotate-passwords", description = "Give the services' users new passwords.")
    private boolean rotate;

    @Option(
            names = "--release",
            required = true,
            paramLabel = "NAME",
            description =
                    "Keystone's release, such as 2025.1: its own rules are kept, and no call tells what they are.")
    private String release = "";

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            defaultValue = "${env:LANYARD_DOMAIN:-lanyard}",
            description = "Lanyard's domain. Default: LANYARD_DOMAIN, else lanyard.")
    private String domain = "";

    @Option(
            names = "--user-domain",
            paramLabel = "NAME",
            defaultValue = "Default",
            description = "The domain of the services' users. Default: ${DEFAULT-VALUE}")
    private String userDomain = "";

    @Option(
            names = "--roles",
            paramLabel = "ROLE",
            split = ",",
            description =
                    "The roles that clusters may be given. Default: those of LANYARD_PROFILES_..._ROLES; of the profile that"
                            + " Lanyard comes with, member,load-balancer_member.")
    private List<String> roles = List.of();

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            defaultValue = "${env:OS_CACERT}",
            description = "PEM certificates to trust for Keystone's TLS. Default: OS_CACERT.")
    private @Nullable Path authorities;

    @ArgGroup(validate = false, heading = "%nKafka:%n")
    private TopicOptions topics = new TopicOptions();

    /** Which topics, and how. */
    static final class TopicOptions {
        @Option(
                names = "--kafka",
                paramLabel = "HOST:PORT",
                defaultValue = "${env:LANYARD_KAFKA}",
                description = "Make the topics there, too. Default: LANYARD_KAFKA; without it none are made.")
        private @Nullable String kafka;

        @Option(
                names = "--kafka-config",
                paramLabel = "FILE",
                defaultValue = "${env:LANYARD_KAFKA_CONFIG}",
                description =
                        "A properties file for Kafka's client: security.protocol and the like. Default: LANYARD_KAFKA_CONFIG.")
        private @Nullable Path configuration;

        @Option(
                names = "--partitions",
                paramLabel = "N",
                defaultValue = "6",
                description = "Of the credentials' and the audit's topic. Default: ${DEFAULT-VALUE}")
        private int partitions;

        @Option(
                names = "--replication",
                paramLabel = "N",
                defaultValue = "3",
                description = "Copies of each. Default: ${DEFAULT-VALUE}")
        private int replication;

        @Option(
                names = "--min-insync",
                paramLabel = "N",
                defaultValue = "2",
                description = "min.insync.replicas. Default: ${DEFAULT-VALUE}")
        private int inSync;

        @Option(
                names = "--retention-days",
                paramLabel = "N",
                defaultValue = "30",
                description =
                        "How long events are kept: longer than the conductor may be away, and than the oldest backup that you"
                                + " would restore. Default: ${DEFAULT-VALUE}")
        private int days;

        @Option(
                names = "--audit-retention-days",
                paramLabel = "N",
                defaultValue = "90",
                description = "How long the audit of logins is kept. Default: ${DEFAULT-VALUE}")
        private int auditDays;

        List<Topic> topics() {
            return List.of(
                    topic("LANYARD_TOPICS_CREDENTIALS", "lanyard.credentials", partitions, days),
                    topic("LANYARD_TOPICS_DEAD_LETTERS", "lanyard.dead-letters", 1, days),
                    topic("LANYARD_TOPICS_AUDIT", "lanyard.audit", partitions, auditDays));
        }

        private Topic topic(String variable, String name, int parts, int keep) {
            return Topic.keeping(
                    System.getenv().getOrDefault(variable, name), parts, replication, inSync, Duration.ofDays(keep));
        }
    }

    @Override
    public Integer call() {
        var rules = Release.of(release);
        var cloud = new Cloud(domain, userDomain, roles.isEmpty() ? rolesOfProfiles(System.getenv()) : roles);
        var policy = new Policy(rules, cloud.profileRoles()).text();
        var print = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Consumer<Call> told = print::println;
        var keystone = new Keystone(url(System.getenv()), isGiven(authorities) ? authorities : null);
        var admin = keystone.login(System.getenv());
        var passwords = new PasswordFiles(out);

        var changes = new Setup(cloud, keystone, admin, passwords, told).run(rotate, dryRun);
        var kafka = topics.kafka;
        if (kafka != null && isGiven(kafka)) {
            changes += new Topics(new KafkaAccess(kafka, clientSettings()), told).run(topics.topics(), dryRun);
        }
        print.println(
                changes == 0 ? "All was there." : "%d %s".formatted(changes, dryRun ? "to be made." : "made or set."));
        if (dryRun) {
            print.println("\nFor Keystone's policy file:\n\n" + policy);
            return 0;
        }
        PasswordFiles.write(out.resolve("policy.yaml"), policy);
        if (check) {
            new Rehearsal(cloud, keystone, admin, passwords, told).run();
            print.println(
                    "The policy is in force, and lets the services do what they must and nothing else that was tried.");
        } else {
            print.println("\nPut the rules of %s into Keystone's policy file, and run this again with --check."
                    .formatted(out.resolve("policy.yaml")));
        }
        settings(cloud, passwords).forEach(print::println);
        return 0;
    }

    /** A variable that is there and empty is none. */
    private static boolean isGiven(@Nullable Object option) {
        return option != null && !option.toString().isEmpty();
    }

    static List<String> rolesOfProfiles(Map<String, String> environment) {
        var shipped = "LANYARD_PROFILES_CLOUD_PROVIDER_ROLES";
        var given = environment.entrySet().stream()
                .filter(variable -> variable.getKey().matches("LANYARD_PROFILES_.+_ROLES"))
                .map(Map.Entry::getValue);
        return Stream.concat(
                        environment.containsKey(shipped) ? Stream.of() : Stream.of("member,load-balancer_member"),
                        given)
                .flatMap(names -> Stream.of(names.split(",")))
                .filter(name -> !name.isBlank())
                .toList();
    }

    static String url(Map<String, String> environment) {
        var url = environment.getOrDefault("OS_AUTH_URL", "").replaceAll("/+$", "");
        if (!url.matches("https?://\\S+")) {
            throw new Trouble(
                    "OS_AUTH_URL does not say where Keystone is",
                    "source the openrc file of an administrator of the cloud first");
        }
        return url.endsWith("/v3") ? url : url + "/v3";
    }

    private Map<String, String> clientSettings() {
        var file = topics.configuration;
        return file != null && isGiven(file)
                ? KafkaAccess.read(file, "give a properties file by --kafka-config or LANYARD_KAFKA_CONFIG")
                : Map.of();
    }

    /** What the services are to be told; no password. */
    private static List<String> settings(Cloud cloud, PasswordFiles passwords) {
        var lines = new ArrayList<String>();
        for (var service : ServiceUser.values()) {
            lines.add("\nFor the " + service.service() + ":");
            cloud.settings(service, passwords.file(service))
                    .forEach((name, value) -> lines.add("  " + name + "=" + value));
        }
        lines.add("\nFor the token-issuer (it has no user of its own here):");
        lines.add("  LANYARD_DOMAIN=" + cloud.domain());
        return lines;
    }
}
