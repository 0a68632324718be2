package lanyard.local.stack;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import lanyard.local.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lanyard up}. */
@Command(
        name = "up",
        description = "Start a whole stack on this machine, and leave it running.",
        footer = {
            "",
            "Starts what is not running yet: Kafka, PostgreSQL, memcached, Keystone and Lanyard's three services,"
                    + " and installs Debian's packages for them where they are missing (as root). Everything it has is"
                    + " under the home; the system's own configuration stays alone. Repeating it is safe at any time.",
            "",
            "Each variable named above stands in for its option, unless LANYARD_HOME is set too: then the variables"
                    + " come from a stack's env file and are ignored here. A home stays with the parts that it first came up with.",
        })
public final class UpCommand implements Callable<Integer> {
    @Mixin
    private HomeOptions common = new HomeOptions();

    @Mixin
    private UpOptions options = new UpOptions();

    @Override
    public Integer call() {
        var terminal = common.terminal();
        var home = common.home();
        var variables = Stack.up(home, options, terminal);
        summarise(home, variables, terminal);
        return 0;
    }

    private static void summarise(Home home, Map<String, String> variables, Terminal terminal) {
        var shown = new LinkedHashMap<String, String>();
        shown.put("LANYARD_DOOR_URL", "the door");
        shown.put("LANYARD_KEYSTONE_URL", "Keystone");
        shown.put("LANYARD_KAFKA", "Kafka");
        shown.put("LANYARD_POSTGRES", "PostgreSQL");
        shown.put("LANYARD_PROVISIONER_URL", Parts.PROVISIONER);
        shown.put("LANYARD_TOKEN_ISSUER_URL", Parts.TOKEN_ISSUER);
        shown.put("LANYARD_REVOKER_URL", Parts.REVOKER);
        terminal.blank();
        shown.forEach((name, what) -> {
            var value = variables.get(name);
            if (value != null) {
                var where = name.equals("LANYARD_POSTGRES")
                        ? PostgresUrl.parse(value).withoutUser()
                        : value;
                terminal.line("  " + terminal.bold("%-13s".formatted(what)) + " " + where);
            }
        });
        terminal.line("  " + terminal.bold("%-13s".formatted("logs")) + " " + home.file("log"));
        terminal.blank();
        terminal.line("All of it, with the passwords, for your shell:  . " + home.envFile());
    }
}
