package lanyard.local.stack;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a stack. Those of its parts outlive the command that started them, in sessions of their own; tools that only do
 * a job and end do not.
 */
final class Children {
    // A part's process waits until it has been recorded. If the recorder dies first, it reads the end of its input and
    // ends too: so
    // nothing can ever run that is not in the ledger.
    private static final String GATE = "read -r word && [ \"$word\" = go ] && exec \"$@\" </dev/null";
    // The first end of a Java program takes long, since it writes the archive that makes its next start quick.
    private static final Duration GRACE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Home home;
    private final Ledger ledger;
    private final List<String> startedNow = new ArrayList<>();
    private final Set<Process> tools = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Children(Home home, Ledger ledger) {
        this.home = home;
        this.ledger = ledger;
        home.makeDirectory("log");
    }

    /** Whether nothing had to be started. */
    synchronized boolean idle() {
        return startedNow.isEmpty();
    }

    boolean alive(String part) {
        return ledger.process(part).filter(ProcessId::alive).isPresent();
    }

    /** Starts a part; it runs on when this command has ended. */
    void start(String part, List<String> command, Map<String, String> environment) throws IOException {
        var log = home.log(part);
        if (Files.exists(log)) {
            Files.move(log, home.log(part + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        var gated = new ArrayList<>(List.of("setsid", "sh", "-c", GATE, "lanyard-" + part));
        gated.addAll(command);
        synchronized (this) {
            if (closed) {
                throw new Trouble("stopped before " + part + " was started", "run ./lanyard up again");
            }
            var process = builder(gated, environment, log).start();
            try (var gate = process.outputWriter()) {
                var id = ProcessId.of(process.pid())
                        .orElseThrow(() -> new Trouble(part + " could not be started", "see " + log));
                ledger.started(part, id);
                startedNow.add(part);
                gate.write("go\n");
            }
        }
    }

    /** Runs a tool to its end. Its output goes to the log of the part. */
    int run(String part, List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        var process = builder(command, environment, home.log(part)).start();
        tools.add(process);
        try {
            if (closed) {
                throw new InterruptedException();
            }
            process.getOutputStream().close();
            return process.waitFor();
        } finally {
            process.destroy();
            tools.remove(process);
        }
    }

    private static ProcessBuilder builder(List<String> command, Map<String, String> environment, Path log) {
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        var variables = builder.environment();
        // The person's shell may hold anything, another stack's variables among it; the parts get what they need and no
        // more.
        variables.keySet().retainAll(Set.of("HOME", "TMPDIR", "TZ"));
        variables.put("PATH", String.join(File.pathSeparator, "/usr/sbin", "/usr/bin", "/sbin", "/bin"));
        variables.put("LC_ALL", "C.UTF-8");
        variables.putAll(environment);
        return builder;
    }

    /** Waits until a part that was started answers; a part that has died, or that takes too long, is an error. */
    <T> T await(String part, Duration limit, Callable<@Nullable T> answer) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Exception last = null;
        while (System.nanoTime() < deadline) {
            try {
                var value = answer.call();
                if (value != null) {
                    return value;
                }
            } catch (InterruptedException | Trouble e) {
                throw e;
            } catch (Exception e) {
                last = e;
            }
            if (closed) {
                throw new InterruptedException();
            }
            if (!alive(part)) {
                throw new Trouble(
                        part + " ended while it was starting (" + Logs.lastError(home.log(part)) + ")",
                        "see " + home.log(part),
                        last);
            }
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        }
        throw new Trouble(
                part + " did not get ready in " + limit.toSeconds() + " s (" + Logs.lastError(home.log(part)) + ")",
                "see " + home.log(part),
                last);
    }

    /** Stops what this object started, and nothing that ran before: for a start that failed or was interrupted. */
    void stopStartedNow() {
        List<String> parts;
        synchronized (this) {
            closed = true;
            parts = List.copyOf(startedNow.reversed());
        }
        tools.forEach(Process::destroy);
        for (var part : parts) {
            stop(part);
        }
    }

    /** Stops a part, politely at first. True if it was running. */
    boolean stop(String part) {
        // PostgreSQL waits for its clients to leave on TERM; on INT it sends them away.
        return stop(part, part.equals(Parts.POSTGRES) ? "INT" : "TERM");
    }

    /** Stops a part whose data go with it, so that there is nothing that it would have to bring into order. */
    boolean abandon(String part) {
        // PostgreSQL alone has workers that are no part of its session; on QUIT it takes them along, at once.
        return stop(part, part.equals(Parts.POSTGRES) ? "QUIT" : "KILL");
    }

    /** Sends a signal to a part and its workers. */
    void signal(String part, String signal) {
        ledger.process(part).filter(ProcessId::alive).ifPresent(process -> send(signal, "-" + process.pid()));
    }

    /** From now on no file of a part can grow. */
    void limitFiles(String part) {
        ledger.process(part)
                .filter(ProcessId::alive)
                .ifPresent(process -> call("prlimit", "--pid", String.valueOf(process.pid()), "--fsize=1:"));
    }

    private boolean stop(String part, String signal) {
        var process = ledger.process(part).orElse(null);
        if (process == null) {
            return false;
        }
        boolean ran = process.alive();
        if (ran) {
            boolean hard = signal.equals("KILL");
            // Each part leads a session of its own, so a signal to its group takes its workers along.
            send(signal, hard ? "-" + process.pid() : String.valueOf(process.pid()));
            if (!endsWithin(process, GRACE) && !hard) {
                send("KILL", "-" + process.pid());
                endsWithin(process, GRACE);
            }
        }
        ledger.stopped(part);
        return ran;
    }

    private static boolean endsWithin(ProcessId process, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        while (process.alive() && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !process.alive();
    }

    private static void send(String name, String target) {
        call("sh", "-c", "kill -s \"$1\" -- \"$2\"", "kill", name, target);
    }

    private static void call(String... command) {
        try {
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new Trouble("can't run " + command[0], "see whether it is installed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
