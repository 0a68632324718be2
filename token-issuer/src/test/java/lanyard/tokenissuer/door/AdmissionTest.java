package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.events.Trusteeship;
import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.Clusters.Name;
import lanyard.tokenissuer.Credential;
import lanyard.tokenissuer.Delegated;
import lanyard.tokenissuer.Served;
import lanyard.tokenissuer.door.Admission.Verdict;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredential;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredentialName;
import lanyard.tokenissuer.door.AuthRequest.ByPassword;
import lanyard.tokenissuer.door.AuthRequest.BySecret;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import lanyard.tokenissuer.door.AuthRequest.User;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class AdmissionTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final String CLUSTER = "0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90";
    private static final String OTHER_CLUSTER = "5b1f4c62-3f0e-4f6e-8a53-0c6a1f2f7d11";
    private static final Domain TRUSTEES = new Domain("domain-id", null);
    private static final User BY_ID = new User.ById("cloud-2");
    private static final User BY_NAME = new User.ByName(CLUSTER, TRUSTEES);

    /** The cloud provider's has been rotated, and both of its generations are good. */
    private static final Credential CLOUD = new Credential("cloud-2", CLUSTER, "cloud-provider", 2, "key", null);

    private static final Credential OLDER =
            new Credential("cloud-1", CLUSTER, "cloud-provider", 1, "key", NOW.plusSeconds(1));
    private static final Credential REGISTRY = new Credential("registry-2", CLUSTER, "registry", 2, "key", null);
    private static final Served SERVED = served(false, false, Set.of("cloud-provider", "registry"));

    private final Admission admission = new Admission("lanyard");

    /** Every way to say who one is and what for, with the cloud provider's secret. */
    static Stream<BySecret> everyShape() {
        var secret = secret(CLOUD);
        var users = List.of(
                BY_ID,
                BY_NAME,
                new User.ByName(CLUSTER, new Domain("lanyard", null)),
                new User.ByName(CLUSTER, new Domain(null, "lanyard")));
        var scopes = List.of(
                new Scope.Unsaid(),
                new Scope.Trust("cloud-2"),
                new Scope.ProjectById("project"),
                new Scope.ProjectByName("looked at when the token is there", TRUSTEES));
        return Stream.of(
                        Stream.of(new ByApplicationCredential("cloud-2", secret)),
                        users.stream().map(user -> new ByApplicationCredentialName("cloud-provider", user, secret)),
                        users.stream()
                                .flatMap(user -> scopes.stream().map(scope -> new ByPassword(user, secret, scope))))
                .flatMap(shapes -> shapes);
    }

    @ParameterizedTest
    @MethodSource("everyShape")
    void everyShapeWithTheRightSecretIsLetIn(BySecret login) {
        assertThat(admit(login)).isEqualTo(new Verdict.Admitted(SERVED, CLOUD, delegated("cloud-provider")));
    }

    @ParameterizedTest
    @MethodSource("everyShape")
    void noShapeIsLetInWithoutTheSecret(BySecret login) {
        for (var wrong : List.of("", "guess", "another cluster's")) {
            assertThat(refusal(with(login, Secret.of(wrong)))).isEqualTo(Hindrance.WRONG_SECRET);
        }
    }

    /** With a name for the cluster alone, another of its secrets is that other credential's login. */
    @ParameterizedTest
    @MethodSource("everyShape")
    void theSecretOfAnotherPurposeLetsNobodyInForThisOne(BySecret login) {
        var verdict = admit(with(login, secret(REGISTRY)));
        if (login instanceof ByPassword(User.ByName user, var secret, var scope) && !(scope instanceof Scope.Trust)) {
            assertThat(verdict).isEqualTo(new Verdict.Admitted(SERVED, REGISTRY, delegated("registry")));
        } else {
            assertThat(((Verdict.Refused) verdict).why()).isIn(Hindrance.WRONG_SECRET, Hindrance.WRONG_USER);
        }
    }

    @ParameterizedTest
    @MethodSource("everyShape")
    void noShapeIsLetInWhereThereIsNoSuchCluster(BySecret login) {
        assertThat(admission.admit(login, null, null, caller(null), false, NOW))
                .isEqualTo(new Verdict.Refused(Hindrance.UNKNOWN_CREDENTIAL));
    }

    @ParameterizedTest
    @MethodSource("everyShape")
    void aRevokedClusterIsLetInByNoShape(BySecret login) {
        var revoked = served(true, false, Set.of("cloud-provider", "registry"));
        assertThat(admission.admit(login, revoked, CLOUD, caller(null), false, NOW))
                .isEqualTo(new Verdict.Refused(Hindrance.REVOKED));
    }

    @ParameterizedTest
    @MethodSource("everyShape")
    void whereNothingOrNobodyKnowsWhatIsDelegatedNobodyIsLetIn(BySecret login) {
        for (var nothing :
                List.of(served(false, true, Set.of("cloud-provider")), served(false, false, Set.of("registry")))) {
            assertThat(admission.admit(login, nothing, CLOUD, caller(null), false, NOW))
                    .isEqualTo(new Verdict.Refused(Hindrance.NOTHING_DELEGATED));
        }
    }

    static Stream<BySecret> wrongUsers() {
        var secret = secret(CLOUD);
        return Stream.of(
                        // Somebody else, by id: with a trust, the trust says which credential is meant.
                        new ByPassword(new User.ById("registry-2"), secret, new Scope.Trust("cloud-2")),
                        new ByPassword(new User.ById("admin"), secret, new Scope.Trust("cloud-2")),
                        // The older generation's id is another credential.
                        new ByPassword(new User.ById("cloud-1"), secret, new Scope.Trust("cloud-2")),
                        // Another cluster's name, and a name that is none.
                        new ByPassword(new User.ByName(OTHER_CLUSTER, TRUSTEES), secret, new Scope.Trust("cloud-2")),
                        new ByPassword(new User.ByName("admin", TRUSTEES), secret, new Scope.Trust("cloud-2")),
                        new ByPassword(
                                new User.ByName(CLUSTER.toUpperCase(java.util.Locale.ROOT), TRUSTEES),
                                secret,
                                new Scope.Trust("cloud-2")),
                        // Another domain, by either.
                        new ByPassword(
                                new User.ByName(CLUSTER, new Domain("default", null)), secret, new Scope.Unsaid()),
                        new ByPassword(
                                new User.ByName(CLUSTER, new Domain(null, "Default")), secret, new Scope.Unsaid()),
                        new ByPassword(
                                new User.ByName(CLUSTER, new Domain(null, "domain-id")), secret, new Scope.Unsaid()),
                        // An application credential of another name.
                        new ByApplicationCredentialName("registry", BY_ID, secret),
                        new ByApplicationCredentialName("registry", BY_NAME, secret),
                        new ByApplicationCredentialName("cloud-2", BY_ID, secret),
                        new ByApplicationCredentialName(
                                "cloud-provider", new User.ByName(CLUSTER, new Domain("default", null)), secret))
                .map(BySecret.class::cast);
    }

    @ParameterizedTest
    @MethodSource("wrongUsers")
    void theRightSecretOfAnotherUserIsRefused(BySecret login) {
        assertThat(refusal(login)).isEqualTo(Hindrance.WRONG_USER);
    }

    @Test
    void anIdThatIsNoCredentialsIsUnknown() {
        var secret = secret(CLOUD);
        for (BySecret login : List.of(
                new ByApplicationCredential("nobody", secret),
                new ByApplicationCredentialName("cloud-provider", new User.ById("nobody"), secret),
                new ByPassword(BY_ID, secret, new Scope.Trust("nobody")),
                new ByPassword(new User.ById("nobody"), secret, new Scope.Unsaid()))) {
            assertThat(refusal(login)).isEqualTo(Hindrance.UNKNOWN_CREDENTIAL);
        }
    }

    @Test
    void anotherProjectIsRefused() {
        assertThat(refusal(new ByPassword(BY_ID, secret(CLOUD), new Scope.ProjectById("another"))))
                .isEqualTo(Hindrance.WRONG_PROJECT);
        assertThat(refusal(new ByPassword(BY_NAME, secret(CLOUD), new Scope.ProjectById("another"))))
                .isEqualTo(Hindrance.WRONG_PROJECT);
    }

    @Test
    void anOlderGenerationIsGoodUntilItIsOver() {
        var login = new ByApplicationCredential("cloud-1", secret(OLDER));
        assertThat(admit(login)).isEqualTo(new Verdict.Admitted(SERVED, OLDER, delegated("cloud-provider")));
        assertThat(admission.admit(login, SERVED, OLDER, caller(null), false, NOW.plusSeconds(1)))
                .isEqualTo(new Verdict.Refused(Hindrance.SUPERSEDED));
    }

    @Test
    void byNameTheSecretTellsTheGeneration() {
        for (BySecret login : List.of(
                new ByPassword(BY_NAME, secret(OLDER), new Scope.Unsaid()),
                new ByApplicationCredentialName("cloud-provider", BY_NAME, secret(OLDER)))) {
            assertThat(admit(login)).isEqualTo(new Verdict.Admitted(SERVED, OLDER, delegated("cloud-provider")));
            assertThat(admission.admit(login, SERVED, OLDER, caller(null), false, NOW.plusSeconds(1)))
                    .isEqualTo(new Verdict.Refused(Hindrance.SUPERSEDED));
        }
    }

    @Test
    void theSecretOfOneGenerationIsNotTheOthers() {
        assertThat(refusal(new ByApplicationCredential("cloud-1", secret(CLOUD))))
                .isEqualTo(Hindrance.WRONG_SECRET);
        assertThat(refusal(new ByApplicationCredential("cloud-2", secret(OLDER))))
                .isEqualTo(Hindrance.WRONG_SECRET);
    }

    @Test
    void aCertificateMustNameTheClusterWhereOneIsRequired() {
        assertThat(certified(null, true)).isEqualTo(new Verdict.Refused(Hindrance.WRONG_CERTIFICATE));
        assertThat(certified(Set.of(), true)).isEqualTo(new Verdict.Refused(Hindrance.WRONG_CERTIFICATE));
        assertThat(certified(Set.of(OTHER_CLUSTER), true)).isEqualTo(new Verdict.Refused(Hindrance.WRONG_CERTIFICATE));
        assertThat(certified(Set.of(OTHER_CLUSTER, CLUSTER), true)).isInstanceOf(Verdict.Admitted.class);
    }

    @Test
    void aCertificateThatIsShownMustNameTheClusterAlsoWhereNoneIsRequired() {
        assertThat(certified(null, false)).isInstanceOf(Verdict.Admitted.class);
        assertThat(certified(Set.of(CLUSTER), false)).isInstanceOf(Verdict.Admitted.class);
        assertThat(certified(Set.of(), false)).isEqualTo(new Verdict.Refused(Hindrance.WRONG_CERTIFICATE));
        assertThat(certified(Set.of(OTHER_CLUSTER), false)).isEqualTo(new Verdict.Refused(Hindrance.WRONG_CERTIFICATE));
    }

    @Test
    void aCertificateIsNoSecret() {
        assertThat(admission.admit(
                        new ByApplicationCredential("cloud-2", Secret.of("guess")),
                        SERVED,
                        null,
                        caller(Set.of(CLUSTER)),
                        true,
                        NOW))
                .isEqualTo(new Verdict.Refused(Hindrance.WRONG_SECRET));
    }

    @Test
    void aLoginIsLookedUpByWhatItSaysItIsFor() {
        var secret = secret(CLOUD);
        assertThat(Admission.name(new ByApplicationCredential("id", secret))).isEqualTo(new Name.OfCredential("id"));
        assertThat(Admission.name(new ByApplicationCredentialName("name", BY_ID, secret)))
                .isEqualTo(new Name.OfCredential("cloud-2"));
        assertThat(Admission.name(new ByApplicationCredentialName("name", BY_NAME, secret)))
                .isEqualTo(new Name.OfCluster(CLUSTER));
        assertThat(Admission.name(new ByPassword(BY_NAME, secret, new Scope.Trust("trust"))))
                .isEqualTo(new Name.OfCredential("trust"));
        assertThat(Admission.name(new ByPassword(BY_ID, secret, new Scope.Unsaid())))
                .isEqualTo(new Name.OfCredential("cloud-2"));
        assertThat(Admission.name(new ByPassword(BY_NAME, secret, new Scope.ProjectById("project"))))
                .isEqualTo(new Name.OfCluster(CLUSTER));
    }

    @Test
    void whereTheIdIsSaidNoOtherSecretIsTried() {
        assertThat(admission.candidates(new ByApplicationCredential("cloud-2", secret(CLOUD)), SERVED))
                .containsExactly(CLOUD);
        assertThat(admission.candidates(new ByPassword(BY_NAME, secret(CLOUD), new Scope.Unsaid()), SERVED))
                .containsExactlyInAnyOrder(CLOUD, OLDER, REGISTRY);
        assertThat(admission.candidates(new ByApplicationCredential("cloud-2", secret(CLOUD)), null))
                .isEmpty();
    }

    /** An alert is written against each of these words. */
    @ParameterizedTest
    @EnumSource(Hindrance.class)
    void everyHindranceHasAWordForMetrics(Hindrance why) {
        assertThat(why.label()).matches("[a-z]+(-[a-z]+)*");
    }

    private Verdict admit(BySecret login) {
        var genuine = admission.candidates(login, SERVED).stream()
                .filter(credential -> secret(credential).equals(login.secret()))
                .findFirst()
                .orElse(null);
        return admission.admit(login, SERVED, genuine, caller(null), false, NOW);
    }

    private Hindrance refusal(BySecret login) {
        var verdict = admit(login);
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).why();
    }

    private Verdict certified(@Nullable Set<String> names, boolean required) {
        return admission.admit(
                new ByApplicationCredential("cloud-2", secret(CLOUD)), SERVED, CLOUD, caller(names), required, NOW);
    }

    private static Caller caller(@Nullable Set<String> certified) {
        return new Caller("192.0.2.1", "req-1", certified);
    }

    private static BySecret with(BySecret login, Secret secret) {
        return switch (login) {
            case ByApplicationCredential(var id, var _) -> new ByApplicationCredential(id, secret);
            case ByApplicationCredentialName(var name, var user, var _) ->
                new ByApplicationCredentialName(name, user, secret);
            case ByPassword(var user, var _, var scope) -> new ByPassword(user, secret, scope);
        };
    }

    private static Secret secret(Credential credential) {
        return Secret.of("of " + credential.id());
    }

    private static Delegated delegated(String purpose) {
        return new Delegated(
                CLUSTER, purpose, 1, "key", "project", Trusteeship.PER_CLUSTER, "trustee", "trust-" + purpose);
    }

    private static Served served(boolean revoked, boolean disputed, Set<String> delegated) {
        return new Served(
                CLUSTER,
                revoked,
                disputed,
                "project",
                "domain-id",
                Stream.of(CLOUD, OLDER, REGISTRY).collect(Collectors.toMap(Credential::id, credential -> credential)),
                delegated.stream().collect(Collectors.toMap(purpose -> purpose, AdmissionTest::delegated)));
    }
}
