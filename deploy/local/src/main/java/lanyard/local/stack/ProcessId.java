package lanyard.local.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which process is meant, beyond doubt: a process id is used again after a while, but never with the same start time in the same
 * boot of the machine.
 *
 * @param startTicks the kernel's own count, which does not move when the clock is set
 */
record ProcessId(long pid, long startTicks, String boot) {
    private static final Path PROC = Path.of("/proc");

    /** The process that has this id now, if it is one that still runs. */
    static Optional<ProcessId> of(long pid) {
        try {
            var stat = Files.readString(PROC.resolve(pid + "/stat"));
            // The name in the second field may have blanks and parentheses in it; what follows the last one is regular.
            var fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            boolean dead = fields.getFirst().equals("Z") || fields.getFirst().equals("X");
            return dead ? Optional.empty() : Optional.of(new ProcessId(pid, Long.parseLong(fields.get(19)), bootId()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String bootId() throws IOException {
        return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
    }

    boolean alive() {
        return of(pid).filter(this::equals).isPresent();
    }
}
