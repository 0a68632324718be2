package lanyard.common.testing;

import java.io.File;
import java.nio.file.Path;
import java.util.List;

/** A program whose output a test keeps, with this JVM's Java for those that ask for one. */
public final class LoggedProcess {
    private LoggedProcess() {}

    /** What it says is added to the log; it is told nothing. */
    public static ProcessBuilder of(Path directory, Path log, List<String> command) {
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }
}
