package lanyard.common.architecture;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.smallrye.reactive.messaging.MutinyEmitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.Phase;
import lanyard.common.secrets.Secret;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openstack4j.api.OSClient.OSClientV3;

/** The rules bite: each of these classes breaks one. */
class HouseRulesTest {
    @ParameterizedTest
    @ValueSource(
            classes = {
                UsesOpenstack4j.class,
                Sends.class,
                HasAnEmitter.class,
                Reveals.class,
                RevealsByReference.class,
                Prints.class,
                PrintsTraces.class,
                TakesWeakChance.class,
                TakesChanceForASecret.class
            })
    void oneWhoBreaksARuleIsFound(Class<?> offender) {
        assertThatThrownBy(() -> check(HouseRules.all(), offender))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(offender.getSimpleName());
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                ReadsTheClock.class,
                ReadsAnInjectedClock.class,
                ReadsAFile.class,
                UsesAFramework.class,
                UsesTheShell.class,
                CountsNanoseconds.class,
                Waits.class
            })
    void whatIsNotPureIsFound(Class<?> offender) {
        assertThatThrownBy(() -> check(HouseRules.pure(offender), offender))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(offender.getSimpleName());
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                ReadsTheClock.class,
                ReadsAnInjectedClock.class,
                ReadsAFile.class,
                UsesAFramework.class,
                UsesTheShell.class,
                CountsNanoseconds.class,
                Waits.class
            })
    void whatIsNotPureInMemoryIsFound(Class<?> offender) {
        assertThatThrownBy(() -> check(HouseRules.pureInMemory(offender), offender))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(offender.getSimpleName());
    }

    @Test
    void whatReadsJsonIsPureInMemoryOnly() {
        assertThatCode(() -> check(HouseRules.pureInMemory(ReadsJson.class), ReadsJson.class))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> check(HouseRules.pure(ReadsJson.class), ReadsJson.class))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void oneWhoKeepsTheRulesIsLeftInPeace() {
        assertThatCode(() -> {
                    check(HouseRules.all(), Decent.class);
                    check(HouseRules.pure(Decent.class), Decent.class);
                })
                .doesNotThrowAnyException();
    }

    private static void check(ArchRule rule, Class<?> subject) {
        rule.check(new ClassFileImporter().importClasses(subject));
    }

    record Decent(Phase phase, Instant until, List<String> trusts) {
        Decent join(Decent other) {
            return new Decent(
                    phase.join(other.phase),
                    until.isBefore(other.until) ? other.until : until,
                    trusts.stream().filter(other.trusts::contains).sorted().toList());
        }
    }

    interface UsesOpenstack4j {
        OSClientV3 client();
    }

    interface Sends {
        KafkaProducer<String, byte[]> producer();
    }

    interface HasAnEmitter {
        MutinyEmitter<byte[]> emitter();
    }

    static class Reveals {
        String text(Secret secret) {
            return "password=" + secret.reveal();
        }
    }

    static class RevealsByReference {
        Optional<String> text(Optional<Secret> secret) {
            return secret.map(Secret::reveal);
        }
    }

    static class Prints {
        void print() {
            System.out.println("here");
        }
    }

    static class PrintsTraces {
        void print(Exception e) {
            e.printStackTrace();
        }
    }

    static class TakesWeakChance {
        final Random random = new Random();
    }

    static class TakesChanceForASecret {
        long secret() {
            return ThreadLocalRandom.current().nextLong();
        }
    }

    static class ReadsTheClock {
        boolean isDue(Instant due) {
            return due.isBefore(Instant.now());
        }
    }

    static class ReadsAnInjectedClock {
        boolean isDue(InstantSource clock, Instant due) {
            return due.isBefore(clock.instant());
        }
    }

    static class CountsNanoseconds {
        final Supplier<Long> now = System::nanoTime;
    }

    static class Waits {
        void pause() throws InterruptedException {
            Thread.sleep(1);
        }
    }

    static class ReadsAFile {
        String read(Path path) throws IOException {
            return Files.readString(path);
        }
    }

    static class ReadsJson {
        JsonNode read(byte[] body) throws IOException {
            return new ObjectMapper().readTree(body);
        }
    }

    interface UsesAFramework {
        MutinyEmitter<byte[]> emitter();
    }

    interface UsesTheShell {
        Transactions transactions();
    }
}
