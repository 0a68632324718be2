package lanyard.local.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Prints for a person. On a terminal, work that takes long gets a spinner, and several works may run at the same time: one line
 * names them all. Anywhere else (a pipe, a log, {@code NO_COLOR}) the same story comes out as plain lines.
 *
 * <p>All methods may be called from any thread.
 */
public final class Terminal {
    private static final String FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    private static final long FRAME_MILLIS = 100;

    private final PrintStream out;
    private final boolean lively;
    private final boolean verbose;
    private final int columns;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Activity> running = new LinkedHashSet<>();
    private @Nullable Thread painter;

    /**
     * @param lively whether {@code out} is a terminal that understands colours and a line that is painted over
     * @param verbose whether stack traces are wanted
     */
    public Terminal(PrintStream out, boolean lively, boolean verbose, int columns) {
        this.out = out;
        this.lively = lively;
        this.verbose = verbose;
        this.columns = columns;
    }

    /** The process's own standard output. Only the launching script can tell whether it is a terminal, and how wide. */
    public static Terminal standard(boolean verbose) {
        return on(FileDescriptor.out, System.getProperty("lanyard.out.columns"), verbose);
    }

    /** The process's standard error: for commands whose standard output is the result itself (a file, JSON). */
    public static Terminal standardError(boolean verbose) {
        return on(FileDescriptor.err, System.getProperty("lanyard.err.columns"), verbose);
    }

    private static Terminal on(FileDescriptor descriptor, @Nullable String columns, boolean verbose) {
        var out = new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
        boolean tty = columns != null && columns.matches("[1-9][0-9]{0,3}");
        boolean plain =
                !Objects.requireNonNullElse(System.getenv("NO_COLOR"), "").isEmpty()
                        || "dumb".equals(System.getenv("TERM"));
        return new Terminal(out, tty && !plain, verbose, tty ? Integer.parseInt(columns) : 80);
    }

    /** Whether colours and spinners are shown. */
    public boolean lively() {
        return lively;
    }

    public boolean verbose() {
        return verbose;
    }

    /** One line, as it is. */
    public void line(String text) {
        locked(() -> {
            erase();
            out.println(text);
            paint();
        });
    }

    public void blank() {
        line("");
    }

    /** A line that opens a part of the story. */
    public void title(String text) {
        line(bold(text));
    }

    /** A line of lesser weight, set in under what it belongs to. */
    public void detail(String text) {
        line("  " + dim(text));
    }

    /** Something was found as it should be. */
    public void good(String text) {
        line(green("✓") + " " + text);
    }

    /** Something was found as it should not be. */
    public void bad(String text) {
        line(red("✗") + " " + text);
    }

    public String bold(String text) {
        return styled("1", text);
    }

    public String dim(String text) {
        return styled("2", text);
    }

    public String green(String text) {
        return styled("32", text);
    }

    public String red(String text) {
        return styled("31", text);
    }

    public String yellow(String text) {
        return styled("33", text);
    }

    public String cyan(String text) {
        return styled("36", text);
    }

    private String styled(String code, String text) {
        return lively ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    /** Runs the work under a spinner; then says by a tick or a cross how it ended and how long it took. */
    public <T extends @Nullable Object> T during(String what, Callable<T> work) {
        return watched(what, progress -> work.call());
    }

    /** As {@link #during(String, Callable)}, for work without a result. */
    public void during(String what, Step work) {
        watched(what, progress -> {
            work.run();
            return true;
        });
    }

    /** As {@link #during(String, Callable)}, for work that can say how far it is. */
    public <T extends @Nullable Object> T watched(String what, Watched<T> work) {
        var activity = new Activity(what);
        begin(activity);
        var mark = red("✗");
        try {
            T result = work.run(activity::detail);
            mark = green("✓");
            return result;
        } catch (RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            // It did not fail; something else did, or the person changed their mind.
            mark = dim("–");
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while: " + what, "run the command again", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            end(activity, mark);
        }
    }

    private void begin(Activity activity) {
        locked(() -> {
            running.add(activity);
            if (lively && painter == null) {
                painter = Thread.ofVirtual().start(this::keepPainting);
            }
            erase();
            paint();
        });
    }

    private void end(Activity activity, String mark) {
        locked(() -> {
            running.remove(activity);
            erase();
            out.println(mark + " " + activity.what + " " + dim("(" + seconds(activity.elapsed()) + ")"));
            paint();
            changed.signalAll();
        });
    }

    private void keepPainting() {
        lock.lock();
        try {
            while (!running.isEmpty()) {
                changed.await(FRAME_MILLIS, TimeUnit.MILLISECONDS);
                erase();
                paint();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            painter = null;
            lock.unlock();
        }
    }

    private void erase() {
        if (lively) {
            out.print("\r\u001b[K");
        }
    }

    private void paint() {
        if (!lively || running.isEmpty()) {
            return;
        }
        var longest = running.iterator().next();
        long tick = longest.elapsed().toMillis() / FRAME_MILLIS;
        char frame = FRAMES.charAt((int) (tick % FRAMES.length()));
        var time = " " + longest.elapsed().toSeconds() + " s";
        var names = String.join(" · ", running.stream().map(Activity::shown).toList());
        // A line that wraps can't be painted over, so it is cut to the terminal's width.
        int room = Math.max(10, columns - time.length() - 3);
        var shown = names.length() > room ? names.substring(0, room - 1) + "…" : names;
        out.print(cyan(String.valueOf(frame)) + " " + shown + dim(time));
        out.flush();
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    /** A duration as a person says it: {@code 340 ms}, {@code 4.2 s}, {@code 2 min 5 s}. */
    public static String seconds(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        if (millis < 120_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
    }

    /** Work without a result. */
    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    /** Work that says how far it is. */
    @FunctionalInterface
    public interface Watched<T extends @Nullable Object> {
        T run(Progress progress) throws Exception;
    }

    /** Where a work says what it is at; shown beside the spinner, and forgotten. */
    @FunctionalInterface
    public interface Progress {
        void at(String detail);
    }

    private static final class Activity {
        private final String what;
        private final long startNanos = System.nanoTime();
        private volatile String detail = "";

        Activity(String what) {
            this.what = what;
        }

        void detail(String text) {
            detail = text;
        }

        String shown() {
            return detail.isEmpty() ? what : what + ": " + detail;
        }

        Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - startNanos);
        }
    }
}
