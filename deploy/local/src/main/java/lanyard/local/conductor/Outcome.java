package lanyard.local.conductor;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;

/** How far an {@link Action} has come, by the word that the conductor uses in {@code payload.outcome}. */
public enum Outcome {
    PENDING,
    SUCCESS,
    FAILURE;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static final class ByWord implements ITypeConverter<Outcome> {
        @Override
        public Outcome convert(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }
}
