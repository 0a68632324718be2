package lanyard.local.bootstrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import lanyard.local.terminal.Trouble;

/** The passwords of the services' users, a file for each, readable by its owner only, as {@code LANYARD_KEYSTONE_PASSWORD_FILE} takes it. */
public record PasswordFiles(Path directory) {
    private static final SecureRandom RANDOM = new SecureRandom();

    public Path file(ServiceUser service) {
        return directory.resolve(service.service() + "-keystone-password");
    }

    public Optional<String> read(ServiceUser service) {
        try {
            return Optional.of(Files.readString(file(service)).stripTrailing()).filter(text -> !text.isEmpty());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new Trouble(
                    "the password in " + file(service) + " can't be read",
                    "run it as whoever owns that file, or name another directory by --out",
                    e);
        }
    }

    /**
     * Keeps a new password for the service and answers it. It is on disk before Keystone is told: whatever happens in between, the next
     * run finds a password that does not work, and sets it.
     */
    String renew(ServiceUser service) {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        // 43 characters: bcrypt looks at 72 at most.
        var password = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        write(file(service), password + "\n");
        return password;
    }

    /** Writes a file that is either the old or the new, never half of it. */
    static void write(Path file, String text) {
        var directory = file.toAbsolutePath().normalize().getParent();
        try {
            if (directory != null && !Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            var draft = Files.createTempFile(
                    directory,
                    "." + file.getFileName(),
                    ".draft",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                Files.writeString(draft, text);
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException e) {
            throw new Trouble(file + " can't be written", "name a directory of yours by --out", e);
        }
    }
}
