package lanyard.local.stack;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * What a home's stack has started and made, kept in {@code stack.json}. Each entry is on disk before the fact that it records can
 * have an effect, so whatever a command leaves behind when it dies, the next one finds it.
 */
final class Ledger {
    static final String FILE = "stack.json";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Home home;
    private Content content;

    private Ledger(Home home, Content content) {
        this.home = home;
        this.content = content;
    }

    static Ledger open(Home home) {
        return new Ledger(home, home.read(FILE).map(text -> parse(home, text)).orElseGet(Content::empty));
    }

    private static Content parse(Home home, String text) {
        try {
            return JSON.readValue(text, Content.class);
        } catch (JsonProcessingException e) {
            throw new Trouble(home.file(FILE) + " is not one that lanyard wrote", "name another --home", e);
        }
    }

    synchronized Optional<ProcessId> process(String part) {
        return Optional.ofNullable(content.processes.get(part));
    }

    /** The processes by the name of their part, in the order in which they were started. */
    synchronized Map<String, ProcessId> processes() {
        return new LinkedHashMap<>(content.processes);
    }

    synchronized void started(String part, ProcessId process) {
        content.processes.put(part, process);
        save();
    }

    synchronized void stopped(String part) {
        content.processes.remove(part);
        save();
    }

    synchronized Optional<Integer> port(String name) {
        return Optional.ofNullable(content.ports.get(name));
    }

    synchronized Set<Integer> ports() {
        return new LinkedHashSet<>(content.ports.values());
    }

    synchronized void port(String name, int port) {
        content.ports.put(name, port);
        save();
    }

    /** Something that was done once and need not be done again while the note says the same. */
    synchronized Optional<String> note(String name) {
        return Optional.ofNullable(content.notes.get(name));
    }

    synchronized void note(String name, String value) {
        content.notes.put(name, value);
        save();
    }

    /** Things that were made on parts that are not ours, and that stay when the home is purged. */
    synchronized Set<String> madeElsewhere() {
        return new LinkedHashSet<>(content.madeElsewhere);
    }

    synchronized void madeElsewhere(String thing) {
        if (content.madeElsewhere.add(thing)) {
            save();
        }
    }

    /** Makes the home one of ours, before anything else is in it. */
    synchronized void save() {
        try {
            home.write(FILE, JSON.writeValueAsString(content) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Content(
            @JsonProperty(value = "lanyard", required = true) int format,
            Map<String, ProcessId> processes,
            Map<String, Integer> ports,
            Map<String, String> notes,
            LinkedHashSet<String> madeElsewhere) {
        Content(
                int format,
                @Nullable Map<String, ProcessId> processes,
                @Nullable Map<String, Integer> ports,
                @Nullable Map<String, String> notes,
                @Nullable LinkedHashSet<String> madeElsewhere) {
            this.format = format;
            this.processes = processes == null ? new LinkedHashMap<>() : processes;
            this.ports = ports == null ? new LinkedHashMap<>() : ports;
            this.notes = notes == null ? new LinkedHashMap<>() : notes;
            this.madeElsewhere = madeElsewhere == null ? new LinkedHashSet<>() : madeElsewhere;
        }

        static Content empty() {
            return new Content(1, null, null, null, null);
        }
    }
}
