package lanyard.common.keystone.openstack4j;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import lanyard.common.keystone.Reply;
import lanyard.common.tracing.Tracing;

/**
 * Turns what happens in a call into its reply, and counts, times and traces it: as {@code lanyard.keystone.calls}, or by another name where it is
 * another API that is called.
 */
final class Calls {
    private static final Duration[] LATENCIES = {
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry meters;
    private final String metric;
    private final Tracing tracing;

    Calls(MeterRegistry meters, Tracing tracing) {
        this(meters, "lanyard.keystone.calls", tracing);
    }

    Calls(MeterRegistry meters, String metric, Tracing tracing) {
        this.meters = meters;
        this.tracing = tracing;
        this.metric = metric;
    }

    /** What is counted. {@code LOGIN} and {@code EXCHANGE} are the tokens that the others need, and are within their time. */
    enum Operation {
        LOGIN,
        EXCHANGE,
        FIND_DOMAIN,
        CREATE_DOMAIN,
        FIND_PROJECT,
        FIND_USER,
        LIST_USERS,
        CREATE_USER,
        RESET_PASSWORD,
        DELETE_USER,
        LIST_ROLES,
        EFFECTIVE_ROLES,
        GRANT_ROLE,
        LIST_TRUSTS,
        FIND_TRUST,
        DELETE_TRUST,
        CREATE_TRUST,
        ISSUE_TOKEN,
        EXCHANGE_TOKEN,
        VALIDATE_TOKEN,
        REVOKE_TOKEN,
        PING,
        LIST_CLUSTERS,
        FIND_CLUSTER;

        /** The metric's tag: {@code create-user}. */
        String tag() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** The reply of a call, which is counted. */
    <T> Reply<T> timed(Operation operation, Supplier<Reply<T>> call) {
        var time = Timer.start(meters);
        var reply = traced(operation, call);
        time.stop(Timer.builder(metric)
                .description("Calls, and how they ended")
                .tag("operation", operation.tag())
                .tag("result", result(reply))
                .serviceLevelObjectives(LATENCIES)
                .register(meters));
        return reply;
    }

    private <T> Reply<T> traced(Operation operation, Supplier<Reply<T>> call) {
        return tracing.call(operation.tag(), span -> {
            var reply = attempt(call);
            span.with("lanyard.result", result(reply));
            if (reply instanceof Reply.Unavailable<T>) {
                span.fail("no answer");
            }
            return reply;
        });
    }

    /** Shows as a metric whether something is so. */
    void show(String metric, String description, BooleanSupplier is) {
        Gauge.builder(metric, () -> is.getAsBoolean() ? 1 : 0)
                .description(description)
                .register(meters);
    }

    /** The reply of a part of a call. */
    static <T> Reply<T> attempt(Supplier<Reply<T>> call) {
        try {
            return call.get();
        } catch (Failed failed) {
            return failed.reply();
        }
    }

    private static String result(Reply<?> reply) {
        return switch (reply) {
            case Reply.Done<?> _ -> "done";
            case Reply.Missing<?> _ -> "missing";
            case Reply.Conflict<?> _ -> "conflict";
            case Reply.Denied<?> _ -> "denied";
            case Reply.Unavailable<?> _ -> "unavailable";
        };
    }
}
