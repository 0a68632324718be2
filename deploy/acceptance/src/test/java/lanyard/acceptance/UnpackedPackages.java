package lanyard.acceptance;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import lanyard.common.testing.LoggedProcess;

/**
 * Packages of Debian whose files are unpacked into a directory and not installed: installed, they would have a server of their own run on
 * the machine.
 *
 * @param directory in which they are; it outlives the test, so that they are downloaded once
 */
record UnpackedPackages(Path directory, List<String> names) {
    UnpackedPackages(Path directory, String... names) {
        this(directory, List.of(names));
    }

    /** One of their files, by its path on a machine on which they are installed. */
    Path program(String path) throws IOException, InterruptedException {
        var program = directory.resolve("package").resolve(path);
        Files.createDirectories(directory);
        // Another class may want the same at the same time, in a process of its own.
        try (var file = FileChannel.open(
                        directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var held = file.lock()) {
            unpack(program);
        }
        return program;
    }

    private void unpack(Path program) throws IOException, InterruptedException {
        if (!Files.isExecutable(program)) {
            var download = new ArrayList<>(List.of("apt-get", "download"));
            download.addAll(names);
            if (run(download) != 0) {
                // The lists of a machine that was never updated, or long ago, name packages that can't be had.
                run(List.of("apt-get", "update"));
                run(download);
            }
            for (var name : names) {
                run(List.of("sh", "-c", "dpkg -x " + name + "_*.deb package"));
            }
            if (!Files.isExecutable(program)) {
                throw new IllegalStateException(
                        "Debian's packages %s can't be had, see %s".formatted(String.join(" ", names), log()));
            }
        }
    }

    private Path log() {
        return directory.resolve("package.log");
    }

    private int run(List<String> command) throws IOException, InterruptedException {
        return LoggedProcess.of(directory, log(), command).start().waitFor();
    }
}
