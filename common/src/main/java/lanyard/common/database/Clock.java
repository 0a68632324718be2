package lanyard.common.database;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/** The services' clock. */
class Clock {
    /** The system's clock, in the microseconds that PostgreSQL keeps, so that a time reads back as it was written. */
    @Produces
    @Singleton
    InstantSource clock() {
        return () -> Instant.now().truncatedTo(ChronoUnit.MICROS);
    }
}
