package lanyard.common.database;

import io.quarkus.flyway.FlywayConfigurationCustomizer;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * Lets a process end that waits for its database. Flyway waits in the midst of the start, and Quarkus, told to end, waits for the
 * start.
 */
@Singleton
class EndOfStart implements FlywayConfigurationCustomizer {
    private final Thread starting = Thread.currentThread();
    private final Thread hook = new Thread(starting::interrupt, "end-of-start");

    @Override
    public void customize(FluentConfiguration configuration) {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    void started(@Observes StartupEvent event) {
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
