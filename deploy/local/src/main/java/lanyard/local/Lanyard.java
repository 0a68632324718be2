package lanyard.local;

import java.util.logging.Level;
import java.util.logging.Logger;
import lanyard.local.bootstrap.BootstrapCloudCommand;
import lanyard.local.conductor.CredentialCommand;
import lanyard.local.conductor.EmitCommand;
import lanyard.local.conductor.EventsCommand;
import lanyard.local.conductor.RetryCommand;
import lanyard.local.conductor.RotateCommand;
import lanyard.local.conductor.SweepCommand;
import lanyard.local.deadletters.DeadLettersCommand;
import lanyard.local.demo.DemoCommand;
import lanyard.local.images.ImagesCommand;
import lanyard.local.stack.DoctorCommand;
import lanyard.local.stack.DownCommand;
import lanyard.local.stack.StatusCommand;
import lanyard.local.stack.UpCommand;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import lanyard.local.test.TestCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;

/** The command line of Lanyard: a local stack of real parts, and the conductor's side of it. */
@Command(
        name = "lanyard",
        mixinStandardHelpOptions = true,
        scope = CommandLine.ScopeType.INHERIT,
        versionProvider = Lanyard.Version.class,
        usageHelpAutoWidth = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "A minimal, revocable OpenStack credential for every container cluster.",
        footer = {"", "Start with:  ./lanyard demo", "Help for one command:  ./lanyard COMMAND --help"},
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            StatusCommand.class,
            CredentialCommand.class,
            EventsCommand.class,
            EmitCommand.class,
            RotateCommand.class,
            RetryCommand.class,
            DeadLettersCommand.class,
            SweepCommand.class,
            DownCommand.class,
            DoctorCommand.class,
            BootstrapCloudCommand.class,
            ImagesCommand.class,
            TestCommand.class,
        })
public final class Lanyard {
    private static final Logger LIBRARIES = Logger.getLogger("");

    private Lanyard() {}

    public static void main(String... arguments) {
        // Libraries have nothing to say to the person at the terminal; what matters comes as an exception.
        LIBRARIES.setLevel(Level.OFF);
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        IExecutionExceptionHandler handler = (exception, commandLine, result) -> {
            var errors = Terminal.standardError(result.originalArgs().contains("--verbose"));
            var trouble = exception instanceof Trouble known
                    ? known
                    : new Trouble(
                            String.valueOf(exception), "this is a defect of lanyard; --verbose shows more", exception);
            errors.line(errors.red("lanyard:") + " " + trouble.oneLine());
            if (errors.verbose()) {
                exception.printStackTrace();
            }
            return 1;
        };
        return new CommandLine(new Lanyard())
                .addSubcommand(BenchCommand.withBenchmarks())
                .addSubcommand(SimulateCommand.ifThere())
                .setExecutionExceptionHandler(handler)
                .setParameterExceptionHandler(Lanyard::misused);
    }

    private static int misused(ParameterException exception, String[] arguments) {
        var command = exception.getCommandLine().getCommandSpec().qualifiedName();
        exception
                .getCommandLine()
                .getErr()
                .println("lanyard: " + exception.getMessage() + ": see ./" + command + " --help");
        return 2;
    }

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Lanyard.class.getPackage().getImplementationVersion();
            return new String[] {"lanyard " + (version == null ? "(not packaged)" : version)};
        }
    }
}
