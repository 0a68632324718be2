package lanyard.local.stack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * The directory in which one stack keeps everything that it has: data, passwords, keys, logs and the record of what it started.
 * What is written through this class is readable by its owner only, and is either the old text or the new, never half of it.
 */
public record Home(Path directory) {
    private static final String ENV = "env";

    public Home {
        directory = directory.toAbsolutePath().normalize();
    }

    /** The checkout from which the command line was built. */
    public static Path checkout() {
        return Path.of(System.getProperty("lanyard.checkout", ""))
                .toAbsolutePath()
                .normalize();
    }

    public Path file(String name) {
        return directory.resolve(name);
    }

    public Path log(String part) {
        return file("log").resolve(part + ".log");
    }

    /** Whether a stack was ever started here. */
    public boolean exists() {
        return Files.isRegularFile(file(Ledger.FILE));
    }

    /** The variables that {@code up} left here; there are none while no stack is known to be complete. */
    public Map<String, String> env() {
        return read(ENV)
                .map(EnvFile::parse)
                .orElseThrow(
                        () -> new Trouble("no stack has been started in " + directory, "start one by ./lanyard up"));
    }

    /** One variable of {@link #env()}. */
    public String env(String name) {
        var value = env().get(name);
        if (value == null) {
            throw new Trouble(
                    "the stack in " + directory + " has no " + name,
                    "it was started with --parts-only or is incomplete; run ./lanyard up");
        }
        return value;
    }

    public void writeEnv(Map<String, String> variables) {
        write(
                ENV,
                "# Written by ./lanyard up: where this stack is. It has passwords in it. Source it in a shell.\n"
                        + EnvFile.format(variables));
    }

    public Path envFile() {
        return file(ENV);
    }

    Optional<String> read(String name) {
        try {
            return Optional.of(Files.readString(file(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw new Trouble(file(name) + " may not be read", "run as the user who started the stack", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file of the home. */
    public void write(String name, String text) {
        var target = file(name);
        try {
            var parent = directoryOf(target);
            var permissions = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            var draft = Files.createTempFile(parent, target.getFileName() + ".", ".draft", permissions);
            try {
                Files.writeString(draft, text);
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (AccessDeniedException e) {
            throw new Trouble(
                    target + " may not be written", "run as the user who started the stack, or name another --home", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path directoryOf(Path file) throws IOException {
        var parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException("no directory: " + file);
        }
        return makePrivate(parent);
    }

    /** A directory under the home that only its owner may enter. */
    public Path makeDirectory(String name) {
        try {
            makePrivate(directory);
            return makePrivate(file(name));
        } catch (IOException e) {
            throw new Trouble("can't make the directory " + file(name), "name another place by --home", e);
        }
    }

    private static Path makePrivate(Path path) throws IOException {
        return Files.isDirectory(path)
                ? path
                : Files.createDirectories(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Refuses a directory that holds something which is not a stack, so that nobody's files get mixed up or purged. */
    void claim() {
        if (exists() || !Files.exists(directory)) {
            return;
        }
        try (var entries = Files.newDirectoryStream(directory)) {
            for (var entry : entries) {
                if (!entry.getFileName().toString().startsWith(Ledger.FILE) && !entry.endsWith(HomeLock.FILE)) {
                    throw new Trouble(
                            directory + " exists and is not a stack's home",
                            "name an empty or a new directory by --home");
                }
            }
        } catch (IOException e) {
            throw new Trouble(directory + " can't be used as a home", "name another directory by --home", e);
        }
    }

    /** Removes the home with all that is in it. Only for a home that {@link #exists()}. */
    void delete() {
        if (!exists()) {
            throw new Trouble(directory + " is not a stack's home", "remove it by hand if it should go");
        }
        deleteTree(directory);
    }

    /** Removes a directory with all that is in it. */
    public static void deleteTree(Path root) {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw e;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new Trouble("could not remove " + root, "remove it by hand", e);
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
