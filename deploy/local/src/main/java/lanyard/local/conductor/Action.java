package lanyard.local.conductor;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;

/** What the conductor does to a cluster, by the word that it uses in {@code payload.action}. */
public enum Action {
    CREATE,
    UPDATE,
    DELETE;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static final class ByWord implements ITypeConverter<Action> {
        @Override
        public Action convert(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }
}
