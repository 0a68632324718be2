package lanyard.local.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What a {@code sweep.finished} says, for a person. */
record SweepReport(JsonNode data) {
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

    /** Whether the sweep did what it was to do. */
    boolean isDone() {
        return outcome().equals("done");
    }

    /** How it ended. */
    String outcome() {
        return CredentialEvent.printable(data.path("outcome").asText());
    }

    /** What the revoker has to say about it; empty if that is nothing. */
    String message() {
        return CredentialEvent.printable(data.path("message").asText());
    }

    /** In one line. */
    String headline() {
        return "%s: %s, %d orphans, %d of them removed"
                .formatted(outcome(), found(), orphans() + data.path("more").asInt(), count("removed"));
    }

    /** All of it, as of now. */
    List<String> lines(Instant now) {
        var counted = data.path("ours").asInt() > 0 || isDone()
                ? Stream.of("%s; %s".formatted(found(), orphans() == 0 ? "no orphans" : "orphans:"))
                : Stream.<String>of();
        var orphans = StreamSupport.stream(data.path("orphans").spliterator(), false)
                .map(orphan -> CredentialEvent.printable(line(orphan, now)));
        var more = data.path("more").asInt() > 0
                ? Stream.of("  and %d more".formatted(data.path("more").asInt()))
                : Stream.<String>of();
        return Stream.of(counted, orphans, more).flatMap(lines -> lines).toList();
    }

    private String found() {
        return "%d users and trusts in Keystone are Lanyard's, %d are foreign and not touched"
                .formatted(data.path("ours").asInt(), data.path("foreign").asInt());
    }

    private int orphans() {
        return data.path("orphans").size();
    }

    private long count(String fate) {
        return StreamSupport.stream(data.path("orphans").spliterator(), false)
                .filter(orphan -> orphan.path("fate").asText().equals(fate))
                .count();
    }

    private String line(JsonNode orphan, Instant now) {
        var kind = orphan.path("kind").asText();
        return "  %-9s of %s %s, an orphan since %s: %s"
                .formatted(
                        kind,
                        kind.equals("trustee") ? "cluster" : "project",
                        orphan.path("of").asText(),
                        minute(orphan.path("since").asText()),
                        fate(orphan, now));
    }

    private String fate(JsonNode orphan, Instant now) {
        var fate = orphan.path("fate").asText();
        return switch (fate) {
            case "waiting" -> "to be removed " + when(orphan.path("due").asText(), now);
            case "due" -> isDone() ? "would be removed" : "not removed";
            case "left" -> "could not be removed, and is tried again by the next sweep";
            case "removed" ->
                orphan.path("kind").asText().equals("trustee")
                        ? "is being removed (credential.revoked tells when it is done)"
                        : "removed";
            default -> fate;
        };
    }

    private static String when(String due, Instant now) {
        try {
            var left = Duration.between(now, Instant.parse(due));
            return left.isNegative() || left.isZero()
                    ? "by a later sweep"
                    : "from %s, in %d h %d min".formatted(minute(due), left.toHours(), left.toMinutesPart());
        } catch (DateTimeException e) {
            return "at " + due;
        }
    }

    private static String minute(String time) {
        try {
            return MINUTE.format(Instant.parse(time));
        } catch (DateTimeException e) {
            return time;
        }
    }
}
