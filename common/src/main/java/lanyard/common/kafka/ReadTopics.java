package lanyard.common.kafka;

import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The topics that this service reads in its group; the token-issuer reads no notifications. */
@Singleton
public class ReadTopics {
    private final Set<String> names;

    ReadTopics(
            @ConfigProperty(name = "mp.messaging.incoming.credentials.topic") String credentials,
            @ConfigProperty(name = "mp.messaging.incoming.notifications.topics") Optional<List<String>> notifications) {
        names = Stream.concat(Stream.of(credentials), notifications.stream().flatMap(List::stream))
                .collect(Collectors.toUnmodifiableSet());
    }

    public Set<String> names() {
        return names;
    }
}
