package lanyard.common.settings;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What every service is told: where its surroundings are. */
@ConfigMapping(prefix = "lanyard")
public interface LanyardConfig {
    /** Kafka's bootstrap servers, {@code host:port} separated by commas. */
    String kafka();

    /** A file of Kafka's own client settings, for all of a service's clients. */
    Optional<Path> kafkaConfig();

    /** What this replica, and no other, is called in its consumer group. */
    Optional<String> kafkaInstanceId();

    /** The names of the topics. */
    Topics topics();

    /** The database. */
    Database database();

    /** What is told of the service's health. */
    Health health();

    /** The names of the topics. */
    interface Topics {
        /** Where the conductor's notifications come in. */
        @WithDefault("notifications.info,notifications.error")
        List<String> notifications();

        /** Lanyard's own events, keyed by the cluster's UUID. */
        @WithDefault("lanyard.credentials")
        String credentials();

        /** Where every token that the door handed out or refused is told, keyed by the cluster's UUID. */
        @WithDefault("lanyard.audit")
        String audit();

        /** Where it is told which messages were refused, and why. */
        @WithDefault("lanyard.dead-letters")
        String deadLetters();
    }

    /** The database: PostgreSQL 13 or newer. */
    interface Database {
        /** {@code postgresql://host:port/database}, without a user in it. */
        String url();

        /**
         * A file of PEM certificates: the authorities of which one must have signed the server's. With it every connection is by TLS,
         * for the host that the URL names.
         */
        Optional<Path> caCertificate();

        /** The service's own role. It owns a schema of the same name, and reads no other. */
        String username();

        /** The role's password. */
        String password();

        /** The most connections that one replica holds. */
        @WithDefault("16")
        int connections();
    }

    /** What is told of the service's health. */
    interface Health {
        /** Whether a service that does not reach Keystone says that it is not ready. */
        @WithDefault("true")
        boolean keystoneRequired();

        /** How often the rows are counted for the metrics. */
        @WithDefault("5s")
        Duration sampleInterval();

        /** For how long a cluster's work must have failed, while it is tried again, to count as parked. */
        @WithDefault("10m")
        Duration parkedAfter();
    }
}
