package lanyard.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program out of a package of Debian 13, from whichever mirror this machine's apt uses. The kubectl of Debian 12 is from before
 * components, and no docker compose is in it. Nothing is installed, and the machine's own lists of packages are left alone.
 */
final class DebianProgram {
    private static final Path DIRECTORY =
            Path.of("target", "debian-13").toAbsolutePath().normalize();

    private DebianProgram() {}

    /** What it prints, which is the result; what it says of an error is in the exception. */
    static String run(Path program, String... arguments) {
        var command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        try {
            var errors = Files.createTempFile("errors", ".txt");
            var process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + Files.readString(errors));
            }
            Files.delete(errors);
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static synchronized Path of(String packageName) {
        var program = DIRECTORY.resolve("usr/bin").resolve(packageName);
        if (!Files.isExecutable(program)) {
            // Each step may be repeated; the packages are checked against the signed lists.
            run(
                    Path.of("/bin/sh"),
                    "-euc",
                    """
                    mkdir -p "$0/lists/partial" "$0/cache/archives/partial"
                    cd "$0"
                    . /etc/os-release
                    mirror=$(apt-get indextargets --format '$(CREATED_BY) $(RELEASE) $(SITE)' \\
                        | sed -n "s/^Packages $VERSION_CODENAME //p" | head -n 1)
                    keys=/usr/share/keyrings/debian-archive-keyring.gpg
                    echo "deb [signed-by=$keys] ${mirror:-http://deb.debian.org/debian} trixie main" > sources.list
                    cat > apt.conf <<CONF
                    Dir::Etc::SourceList "$0/sources.list";
                    Dir::Etc::SourceParts "/dev/null";
                    Dir::State::Lists "$0/lists";
                    Dir::State::status "/dev/null";
                    Dir::Cache "$0/cache";
                    Acquire::Languages "none";
                    APT::Sandbox::User "";
                    CONF
                    export APT_CONFIG="$0/apt.conf"
                    apt-get --quiet update
                    apt-get --quiet download "$1"
                    dpkg --extract "$1"_*.deb .
                    """,
                    DIRECTORY.toString(),
                    packageName);
        }
        return program;
    }
}
