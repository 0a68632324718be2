package lanyard.common.architecture;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.reconcile.Backoff;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.Phase;
import lanyard.common.secrets.Secret;

/** What every module's classes are held to. Each module has a test that imports its own classes and checks these. */
public final class HouseRules {
    /** Every class that may take a secret out of its type: it goes into a request to Keystone, a seal, or the door's answer. */
    private static final List<String> REVEALERS = List.of(
            "lanyard.common.secrets.Seal",
            "lanyard.common.keystone.openstack4j.Authentication",
            "lanyard.common.keystone.openstack4j.IdentityService",
            "lanyard.common.keystone.openstack4j.KeystoneConnection",
            "lanyard.tokenissuer.ClientCredentials",
            "lanyard.tokenissuer.door.Answers",
            // Looks at what a token looks like before Keystone is asked about it.
            "lanyard.tokenissuer.door.GivenTokens");

    private static final List<String> SERVICES = List.of("provisioner", "tokenissuer", "revoker");

    /** What the pure core may be made of, beside itself. */
    private static final DescribedPredicate<JavaClass> PURE = resideInAnyPackage(
                    "java.lang",
                    "java.lang.runtime",
                    "java.lang.annotation",
                    "java.time",
                    "java.util",
                    "java.util.function",
                    "java.util.regex",
                    "java.util.stream",
                    "org.jspecify.annotations")
            .and(DescribedPredicate.not(belongToAnyOf(
                    Thread.class,
                    Process.class,
                    ProcessBuilder.class,
                    Runtime.class,
                    java.time.Clock.class,
                    java.util.Random.class,
                    java.util.Timer.class)))
            .as("are the JDK's values and collections");

    /** What reads and writes messages may use beside that: Jackson, and bytes in memory. */
    private static final DescribedPredicate<JavaClass> PURE_JSON = resideInAnyPackage(
                    "com.fasterxml.jackson..", "java.nio.charset")
            .or(belongToAnyOf(
                    java.io.IOException.class,
                    java.io.UncheckedIOException.class,
                    java.nio.ByteBuffer.class,
                    java.nio.CharBuffer.class))
            .as("read and write JSON in memory");

    /** What keeps a bounded state in memory may use beside that. Its clock is still an argument. */
    private static final DescribedPredicate<JavaClass> PURE_MEMORY = resideInAnyPackage(
                    "com.github.benmanes.caffeine.cache", "java.util.concurrent.atomic")
            .as("keep a state in memory");

    /** What derives an id may use beside that: a digest, which is a function. */
    private static final DescribedPredicate<JavaClass> PURE_DIGEST = belongToAnyOf(
                    java.security.MessageDigest.class,
                    java.security.NoSuchAlgorithmException.class,
                    java.nio.charset.Charset.class,
                    java.nio.charset.StandardCharsets.class)
            .as("digest");

    private static final DescribedPredicate<JavaClass> MESSAGES =
            resideInAnyPackage("lanyard.common.events..", "lanyard.common.conductor..");

    /** Common's classes of values and decisions. */
    private static final DescribedPredicate<JavaClass> COMMON_CORE = belongToAnyOf(
                    Desired.class,
                    Phase.class,
                    Backoff.class,
                    Lease.class,
                    Secret.class,
                    TrustName.class,
                    UserNames.class)
            .or(MESSAGES)
            // The port: its interfaces, their values and the replies.
            .or(resideInAPackage("lanyard.common.keystone"))
            .as("are common's core");

    private static final DescribedPredicate<JavaAccess<?>> CLOCK = target(
                    owner(resideInAPackage("java.time")).and(name("now")))
            .or(target(owner(equivalentTo(System.class))
                    .and(nameMatching("currentTimeMillis|nanoTime|getenv|getProperty|exit"))))
            .or(target(owner(equivalentTo(Math.class)).and(name("random"))))
            .or(target(owner(equivalentTo(java.util.UUID.class)).and(name("randomUUID"))))
            .or(target(owner(equivalentTo(java.time.InstantSource.class))))
            .as("a clock, chance or the process's surroundings");

    private static final ArchRule ONE_IMPORTER_OF_OPENSTACK4J = noClasses()
            .that(DescribedPredicate.not(resideInAPackage("lanyard.common.keystone.openstack4j")))
            .should()
            .dependOnClassesThat(resideInAPackage("org.openstack4j.."))
            .because("Keystone is reached through the port `lanyard.common.keystone`");

    private static final ArchRule ONE_MAKER_OF_SPANS = noClasses()
            .that(DescribedPredicate.not(resideInAPackage("lanyard.common.tracing")))
            .should()
            .dependOnClassesThat(resideInAPackage("io.opentelemetry.."))
            .because("what a span may say is decided in one place");

    private static final ArchRule TWO_EMITTERS = noClasses()
            .that(DescribedPredicate.not(nameMatching(
                            "lanyard\\.common\\.outbox\\.Publisher(\\$.*)?|lanyard\\.tokenissuer\\.AuditTrail(\\$.*)?")
                    .as("are the outbox's publisher or the audit trail")))
            .should()
            .dependOnClassesThat(nameMatching(
                            "org\\.apache\\.kafka\\.clients\\.producer\\..*|.*\\.(MutinyEmitter|Emitter|EmitterType|Outgoing"
                                    + "|OutgoingKafkaRecordMetadata)")
                    .as("send to Kafka"))
            .because(
                    "what leaves goes through the outbox, or it could leave without the change that it tells of; only the audit"
                            + " is told directly: it hears what happened, and nobody acts on it (decision 0013)");

    private static final ArchRule COMMON_KNOWS_NO_SERVICE = noClasses()
            .that(resideInAPackage("lanyard.common.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(SERVICES.stream()
                    .map(service -> "lanyard." + service + "..")
                    .toArray(String[]::new)));

    private static final ArchRule SERVICES_ARE_STRANGERS = CompositeArchRule.of(SERVICES.stream()
            .map(service -> (ArchRule) noClasses()
                    .that(resideInAPackage("lanyard." + service + ".."))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(SERVICES.stream()
                            .filter(other -> !other.equals(service))
                            .map(other -> "lanyard." + other + "..")
                            .toArray(String[]::new)))
                    .because("the services coordinate through events alone")
                    .allowEmptyShould(true))
            .toList());

    private static final ArchRule SECRETS_ARE_REVEALED_IN_FEW_PLACES = noClasses()
            .that(DescribedPredicate.not(
                    nameMatching(REVEALERS.stream()
                                            .map(Pattern::quote)
                                            .reduce((a, b) -> a + "|" + b)
                                            .orElseThrow() + "|" + Pattern.quote(Secret.class.getName()))
                            .as("are not listed as revealers")))
            .should()
            .accessTargetWhere(target(owner(equivalentTo(Secret.class)).and(nameMatching("reveal|revealBytes")))
                    .and(DescribedPredicate.not(keyRingsOwnUse()))
                    .as("takes a secret out of its type"))
            .because("every place where a secret leaves its type is listed in HouseRules");

    private static final ArchRule NOTHING_IS_PRINTED = noClasses()
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .accessTargetWhere(target(owner(assignableTo(Throwable.class)).and(name("printStackTrace"))))
            .because("what a service says goes through its log");

    private static final ArchRule NO_WEAK_CHANCE = noClasses()
            .should()
            .dependOnClassesThat(equivalentTo(java.util.Random.class))
            .orShould()
            .callMethod(Math.class, "random")
            .because(
                    "what java.util.Random gives can be guessed: secrets are derived, and jitter takes ThreadLocalRandom");

    private static final ArchRule CHANCE_IS_FOR_JITTER = noClasses()
            .that(DescribedPredicate.not(nameMatching(
                            "lanyard\\.common\\.reconcile\\.Waits|lanyard\\.tokenissuer\\.(TokenCache|door\\.Door)")
                    .as("wait, renew tokens or number requests")))
            .should()
            .dependOnClassesThat(equivalentTo(java.util.concurrent.ThreadLocalRandom.class))
            .because("it is for jitter and for the ids of requests, and no secret may come of it");

    private HouseRules() {}

    /** The rules that hold everywhere. */
    public static ArchRule all() {
        return CompositeArchRule.of(List.of(
                ONE_IMPORTER_OF_OPENSTACK4J.allowEmptyShould(true),
                ONE_MAKER_OF_SPANS.allowEmptyShould(true),
                TWO_EMITTERS.allowEmptyShould(true),
                COMMON_KNOWS_NO_SERVICE.allowEmptyShould(true),
                SERVICES_ARE_STRANGERS,
                SECRETS_ARE_REVEALED_IN_FEW_PLACES,
                NOTHING_IS_PRINTED,
                NO_WEAK_CHANCE,
                CHANCE_IS_FOR_JITTER));
    }

    /**
     * That these classes, with what is nested in them, are decisions and values only: they depend on no framework, clock or I/O,
     * and on nothing of ours that does.
     */
    public static ArchRule pure(Class<?>... core) {
        return pure(named(core), COMMON_CORE);
    }

    /** As {@link #pure}, for a core that may also digest, read and write JSON, and keep a state, all of it in memory. */
    public static ArchRule pureInMemory(Class<?>... core) {
        return pure(named(core), COMMON_CORE.or(PURE_JSON).or(PURE_DIGEST).or(PURE_MEMORY));
    }

    private static DescribedPredicate<JavaClass> named(Class<?>... core) {
        return belongToAnyOf(core)
                .as("are the core: "
                        + Arrays.stream(core).map(Class::getSimpleName).toList());
    }

    /** As {@link #pure(Class[])}, for common's own. */
    public static ArchRule commonCoreIsPure() {
        return CompositeArchRule.of(List.of(
                pure(
                        belongToAnyOf(Desired.class, Phase.class, Backoff.class, Lease.class)
                                .or(resideInAPackage("lanyard.common.keystone")),
                        COMMON_CORE),
                classes()
                        .that(MESSAGES)
                        .should()
                        .onlyDependOnClassesThat(orArraysOf(PURE.or(PURE_JSON).or(MESSAGES))),
                noClasses().that(MESSAGES).should().accessTargetWhere(CLOCK)));
    }

    private static ArchRule pure(DescribedPredicate<JavaClass> core, DescribedPredicate<JavaClass> beside) {
        return CompositeArchRule.of(List.of(
                classes()
                        .that(core)
                        .should()
                        .onlyDependOnClassesThat(orArraysOf(PURE.or(core).or(beside))),
                noClasses().that(core).should().accessTargetWhere(CLOCK)));
    }

    private static DescribedPredicate<JavaClass> orArraysOf(DescribedPredicate<JavaClass> elements) {
        return DescribedPredicate.describe(
                elements.getDescription(), type -> elements.test(type.getBaseComponentType()));
    }

    /** The key ring makes key material of its master keys. */
    private static DescribedPredicate<JavaAccess<?>> keyRingsOwnUse() {
        return DescribedPredicate.describe(
                "is the key ring's own",
                access -> access.getOriginOwner().getName().equals("lanyard.common.secrets.KeyRing")
                        && access.getTarget().getName().equals("revealBytes"));
    }
}
