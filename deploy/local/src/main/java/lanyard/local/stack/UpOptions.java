package lanyard.local.stack;

import java.util.LinkedHashMap;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code up} can be told: which parts exist elsewhere, and which ports to use. */
public final class UpOptions {
    @Option(
            names = "--parts-only",
            description = "Start Kafka, PostgreSQL, memcached and Keystone, but not Lanyard's services.")
    private boolean partsOnly;

    @Option(
            names = "--kafka",
            paramLabel = "HOST:PORT",
            description = "Use this Kafka instead of an embedded one. Also LANYARD_KAFKA.")
    private @Nullable String kafka;

    @Option(
            names = "--postgres",
            paramLabel = "URL",
            description =
                    "Use this PostgreSQL: postgresql://user:password@host:port/database, where the user may create"
                            + " roles and databases. Also LANYARD_POSTGRES.")
    private @Nullable String postgres;

    @Option(names = "--keystone-url", paramLabel = "URL", description = "Use this Keystone. Also LANYARD_KEYSTONE_URL.")
    private @Nullable String keystoneUrl;

    @Option(
            names = "--keystone-admin-password",
            paramLabel = "PASSWORD",
            description = "Its administrator's password. Also LANYARD_KEYSTONE_ADMIN_PASSWORD, which other users of the"
                    + " machine can't see.")
    private @Nullable String keystonePassword;

    @Option(
            names = "--keystone-admin-user",
            paramLabel = "NAME",
            description = "Its administrator. Default: admin. Also LANYARD_KEYSTONE_ADMIN_USER.")
    private @Nullable String keystoneUser;

    @Option(
            names = "--keystone-admin-project",
            paramLabel = "NAME",
            description = "The administrator's project. Default: admin. Also LANYARD_KEYSTONE_ADMIN_PROJECT.")
    private @Nullable String keystoneProject;

    @Option(
            names = "--keystone-admin-user-domain",
            paramLabel = "NAME",
            description = "The administrator's domain. Default: Default. Also LANYARD_KEYSTONE_ADMIN_USER_DOMAIN.")
    private @Nullable String keystoneUserDomain;

    @Option(
            names = "--keystone-admin-project-domain",
            paramLabel = "NAME",
            description = "The domain of that project. Default: Default. Also LANYARD_KEYSTONE_ADMIN_PROJECT_DOMAIN.")
    private @Nullable String keystoneProjectDomain;

    @Option(
            names = "--door-port",
            paramLabel = "N",
            description = "The port of the door. Ports not given are free ones.")
    private @Nullable Integer doorPort;

    @Option(names = "--keystone-port", paramLabel = "N", description = "The port of the embedded Keystone.")
    private @Nullable Integer keystonePort;

    @Option(names = "--kafka-port", paramLabel = "N", description = "The port of the embedded Kafka.")
    private @Nullable Integer kafkaPort;

    @Option(names = "--postgres-port", paramLabel = "N", description = "The port of the embedded PostgreSQL.")
    private @Nullable Integer postgresPort;

    /** Everything embedded, on free ports, without Lanyard's services. */
    public static UpOptions partsOnlyEmbedded() {
        var options = new UpOptions();
        options.partsOnly = true;
        return options;
    }

    boolean partsOnly() {
        return partsOnly;
    }

    Map<String, Integer> ports() {
        var ports = new LinkedHashMap<String, Integer>();
        put(ports, "door", doorPort);
        put(ports, Parts.KEYSTONE, keystonePort);
        put(ports, Parts.KAFKA, kafkaPort);
        put(ports, Parts.POSTGRES, postgresPort);
        return ports;
    }

    private static void put(Map<String, Integer> ports, String name, @Nullable Integer port) {
        if (port == null) {
            return;
        }
        if (port < 1 || port > 65_535) {
            throw new Trouble("--" + name + "-port " + port + " is no port", "give one from 1 to 65535");
        }
        ports.put(name, port);
    }

    /**
     * @param environment the variables that stand in for options that were not given; ignored where {@code LANYARD_HOME} is among
     *     them, because then they come from a stack's own env file, and name that stack's own parts
     */
    Settings settings(Map<String, String> environment) {
        var variables = environment.containsKey("LANYARD_HOME") ? Map.<String, String>of() : environment;
        var kafkaAddress = either(kafka, variables, "LANYARD_KAFKA");
        if (kafkaAddress != null && !kafkaAddress.matches("[^\\s:/]+:[0-9]{1,5}(,[^\\s:/]+:[0-9]{1,5})*")) {
            throw new Trouble("the address of Kafka is not usable", "write it as host:port");
        }
        var url = either(postgres, variables, "LANYARD_POSTGRES");
        return new Settings(kafkaAddress, url == null ? null : PostgresUrl.parse(url), keystone(variables));
    }

    private @Nullable KeystoneAdmin keystone(Map<String, String> variables) {
        var url = either(keystoneUrl, variables, "LANYARD_KEYSTONE_URL");
        var password = either(keystonePassword, variables, "LANYARD_KEYSTONE_ADMIN_PASSWORD");
        if (url == null) {
            if (keystonePassword != null) {
                throw new Trouble("a Keystone's password without a Keystone", "give --keystone-url too");
            }
            return null;
        }
        if (!url.matches("https?://[^\\s/]+(/\\S*)?")) {
            throw new Trouble("the URL of Keystone is not usable", "write it as https://host:port/v3");
        }
        if (password == null) {
            throw new Trouble(
                    "the Keystone at " + url + " needs its administrator's password",
                    "give it by --keystone-admin-password or LANYARD_KEYSTONE_ADMIN_PASSWORD");
        }
        return new KeystoneAdmin(
                url,
                orDefault(keystoneUser, variables, "LANYARD_KEYSTONE_ADMIN_USER", "admin"),
                password,
                orDefault(keystoneProject, variables, "LANYARD_KEYSTONE_ADMIN_PROJECT", "admin"),
                orDefault(keystoneUserDomain, variables, "LANYARD_KEYSTONE_ADMIN_USER_DOMAIN", "Default"),
                orDefault(keystoneProjectDomain, variables, "LANYARD_KEYSTONE_ADMIN_PROJECT_DOMAIN", "Default"));
    }

    private static String orDefault(
            @Nullable String option, Map<String, String> variables, String name, String otherwise) {
        var value = either(option, variables, name);
        return value == null ? otherwise : value;
    }

    private static @Nullable String either(@Nullable String option, Map<String, String> variables, String name) {
        var value = option != null ? option : variables.get(name);
        return value == null || value.isEmpty() ? null : value;
    }
}
