package lanyard.benchmarks.door;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Seconds of CPU that each party has used so far: for the difference between two looks. */
record Cpu(double keystone, double door, double generator, long nanos) {
    // sysconf(_SC_CLK_TCK), which is 100 on every Linux that runs Java.
    private static final double TICKS = 100;

    static final int CORES = Runtime.getRuntime().availableProcessors();

    static Cpu now(@Nullable ProcessHandle keystone, @Nullable ProcessHandle door) {
        var self = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Cpu(of(keystone), of(door), self.getProcessCpuTime() / 1e9, System.nanoTime());
    }

    Cpu since(Cpu before) {
        return new Cpu(
                keystone - before.keystone, door - before.door, generator - before.generator, nanos - before.nanos);
    }

    /** How much of the whole machine the load generator had, 0 to 1. */
    double generatorShare() {
        return generator / (nanos / 1e9) / CORES;
    }

    /** Of a process with all its descendants, and with those that have ended. */
    private static double of(@Nullable ProcessHandle process) {
        return process == null
                ? 0
                : Stream.concat(Stream.of(process), process.descendants())
                        .mapToDouble(one -> ofOne(one.pid()))
                        .sum();
    }

    private static double ofOne(long pid) {
        try {
            return seconds(Files.readString(Path.of("/proc/" + pid + "/stat")));
        } catch (IOException e) {
            // It has ended meanwhile: its parent tells its time.
            return 0;
        }
    }

    /** utime, stime, cutime and cstime, the fields 14 to 17 of proc_pid_stat(5). */
    static double seconds(String stat) {
        // The name in the second field may have blanks and parentheses in it; what follows the last one is regular.
        var fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        return fields.subList(11, 15).stream().mapToLong(Long::parseLong).sum() / TICKS;
    }
}
