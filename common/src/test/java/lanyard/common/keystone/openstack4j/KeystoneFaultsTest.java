package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.FakeKeystone.Mode;
import lanyard.common.secrets.Secret;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes out when Keystone, or whatever stands in its place, misbehaves. */
class KeystoneFaultsTest {
    private static final Secret PASSWORD = Secret.of("s3cret-of-a-user");
    private static final String ADMIN_PASSWORD = "s3cret-of-the-admin";

    /** Every operation that needs the administrator, on things that may or may not be there. */
    private static final Map<String, Function<KeystoneAdmin, Reply<?>>> OPERATIONS = Map.ofEntries(
            Map.entry("findDomain", admin -> admin.findDomain("d")),
            Map.entry("isEnabled", admin -> admin.isEnabled("p")),
            Map.entry("createDomain", admin -> admin.createDomain("d", "")),
            Map.entry("findUser", admin -> admin.findUser("d", "u")),
            Map.entry("createUser", admin -> admin.createUser("d", "u", PASSWORD, "")),
            Map.entry("resetPassword", admin -> admin.resetPassword("u", PASSWORD)),
            Map.entry("deleteUser", admin -> admin.deleteUser("u")),
            Map.entry("listRoles", KeystoneAdmin::listRoles),
            Map.entry("effectiveRoles", admin -> admin.effectiveRoles("u", "p")),
            Map.entry("grantRole", admin -> admin.grantRole("u", "p", "r")),
            Map.entry("trustsTo", admin -> admin.trustsTo("u")),
            Map.entry("listUsers", admin -> admin.listUsers("d")),
            Map.entry("trustsFrom", admin -> admin.trustsFrom("c")),
            Map.entry("trustsBetween", admin -> admin.trustsBetween("c", "u")),
            Map.entry("rolesOf", admin -> admin.rolesOf("t")),
            Map.entry("deleteTrust", admin -> admin.deleteTrust("t")),
            Map.entry(
                    "createTrust",
                    admin -> admin.createTrust(
                            new Trustor("c", "d", PASSWORD), "u", "p", Set.of("member"), Instant.EPOCH)),
            Map.entry("ping", KeystoneAdmin::ping));

    private final FakeKeystone keystone = new FakeKeystone();
    private final Map<String, String> properties = new HashMap<>(Map.of(
            "url",
            keystone.url(),
            "username",
            "admin",
            "password",
            ADMIN_PASSWORD,
            "project",
            "admin",
            "max-response-size",
            "100000"));
    private final List<Adapter> adapters = new ArrayList<>();

    @AfterEach
    void close() {
        adapters.forEach(Adapter::close);
        keystone.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UNAVAILABLE         | Keystone failed: 503 a server's error (request req-000000000000000000000000000000000000)",
                "THROTTLING          | Keystone is throttling: 429",
                "NOT_FOUND_ELSEWHERE | something that is not Keystone answered 404: check LANYARD_KEYSTONE_URL",
                "REDIRECT            | Keystone answered with a redirect (302): check LANYARD_KEYSTONE_URL",
                "WEB_PAGE            | Keystone answered what is not",
                "HUGE                | Keystone's answer is longer than LANYARD_KEYSTONE_MAX_RESPONSE_SIZE, 100000 bytes",
                "TRUNCATED           | the connection to Keystone was lost",
                "STALL               | Keystone did not answer within 0.2 s",
                "STALL_HALFWAY       | Keystone did not answer within 0.2 s",
                "HANG_UP             | the connection to Keystone was lost",
                "BABBLE              | the connection to Keystone was lost"
            })
    void everyFaultComesOutAsUnavailableAndSaysWhy(Mode mode, String why) {
        if (mode == Mode.STALL || mode == Mode.STALL_HALFWAY) {
            properties.put("timeout", "200ms");
        }
        keystone.mode = mode;
        var admin = adapter().admin();

        OPERATIONS.forEach((name, operation) -> assertThat(operation.apply(admin))
                .as(name)
                .isInstanceOfSatisfying(Reply.Unavailable.class, reply -> assertThat(reply.why())
                        .startsWith(why)));
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"STALL", "STALL_HALFWAY"},
            mode = EnumSource.Mode.EXCLUDE)
    void noReplySaysWhatWasSentOrReceived(Mode mode) {
        keystone.mode = mode;
        keystone.body = "{\"error\":\"" + PASSWORD.reveal() + "\"}";
        var admin = adapter().admin();

        OPERATIONS.values().forEach(operation -> assertThat(
                        operation.apply(admin).toString())
                .doesNotContain(PASSWORD.reveal(), ADMIN_PASSWORD, "fake-token", "html", "\""));
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"WELL", "UNAUTHORIZED", "ECHOING_REFUSAL", "NOT_FOUND"},
            mode = EnumSource.Mode.EXCLUDE)
    void aFaultAtTheLoginIsUnavailableForTheDoorToo(Mode mode) {
        properties.put("timeout", "200ms");
        keystone.loginMode = mode;

        assertThat(adapter().tokens().issue("u", PASSWORD, "t")).isInstanceOf(Reply.Unavailable.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"UNAUTHORIZED", "ECHOING_REFUSAL", "NOT_FOUND"})
    void aRefusedLoginNeverPassesForSomethingThatIsNotThere(Mode mode) {
        keystone.loginMode = mode;
        var adapter = adapter();

        OPERATIONS.forEach((name, operation) -> {
            if (!name.equals("ping")) {
                assertThat(operation.apply(adapter.admin())).as(name).isInstanceOf(Reply.Denied.class);
            }
        });
        assertThat(adapter.tokens().issue("u", PASSWORD, "t")).isInstanceOf(Reply.Denied.class);
    }

    @Test
    void whatIsRefusedOnceIsAskedOnceMoreAndWhatIsRefusedTwiceIsRefused() {
        keystone.body = "{\"roles\":[]}";
        var admin = adapter().admin();

        keystone.refusals.set(1);
        assertThat(admin.listRoles()).isInstanceOf(Reply.Done.class);
        keystone.refusals.set(2);
        assertThat(admin.listRoles()).isInstanceOf(Reply.Denied.class);

        assertThat(keystone.requestsButLogins()).hasSize(4);
    }

    static Stream<String> bodies() {
        return Stream.of(
                "",
                "{}",
                "[]",
                "null",
                "true",
                "\"text\"",
                "{\"users\":null,\"domains\":null,\"roles\":null,\"trusts\":null,\"role_assignments\":null}",
                "{\"users\":[null],\"domains\":[null],\"roles\":[null],\"trusts\":[null],\"role_assignments\":[null]}",
                "{\"users\":[1],\"domains\":[\"x\"],\"roles\":[[]],\"trusts\":[true],\"role_assignments\":[{}]}",
                "{\"users\":{},\"domains\":{},\"roles\":{},\"trusts\":{},\"role_assignments\":{}}",
                "{\"user\":{},\"domain\":{},\"project\":{},\"trust\":{},\"version\":{},\"roles\":[{}]}",
                "{\"user\":null,\"domain\":null,\"project\":null,\"trust\":null,\"version\":null,\"roles\":[{\"id\":\"i\"}]}",
                "{\"user\":[],\"domain\":[],\"project\":[],\"trust\":[],\"version\":[]}",
                "{\"user\":{\"id\":7,\"name\":{}},\"domain\":{\"id\":{}},\"project\":{\"id\":[]},\"trust\":{\"id\":{},\"roles\":7}}",
                "{\"trust\":{\"id\":\"t\",\"trustor_user_id\":\"c\",\"trustee_user_id\":\"u\",\"project_id\":\"p\"}}",
                "{\"trusts\":[{\"id\":\"../x\",\"trustee_user_id\":\"u\"}]}",
                "{\"trusts\":[{\"id\":\"t\",\"trustee_user_id\":\"someone else\"}]}",
                "{\"role_assignments\":[{\"user\":{\"id\":\"else\"},\"scope\":{\"project\":{\"id\":\"p\"}},\"role\":{\"name\":\"admin\"}}]}",
                "{\"role_assignments\":[{\"user\":{\"id\":\"u\"},\"scope\":{\"project\":{\"id\":\"q\"}},\"role\":{\"name\":\"admin\"}}]}",
                "{\"user\":{\"id\":\"u\",\"name\":\"u\"}} trailing",
                "[".repeat(50_000),
                "{\"user\":".repeat(10_000));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void anAnswerThatIsNotWhatWasAskedForIsUnavailable(String body) {
        keystone.body = body;
        var admin = adapter().admin();

        OPERATIONS.forEach((name, operation) -> assertThat(operation.apply(admin))
                .as(name)
                .isInstanceOfAny(Reply.Unavailable.class, Reply.Missing.class, Reply.Denied.class)
                .satisfies(reply -> assertThat(reply instanceof Reply.Missing<?> && !name.startsWith("find"))
                        .as("missing")
                        .isFalse()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{\"token\":7}",
                "{\"token\":{\"issued_at\":\"2026-01-01T00:00:00Z\"}}",
                "{\"token\":{\"issued_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":null}}",
                "{\"token\":{\"issued_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":\"soon\"}}",
                "{\"token\":{\"issued_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":\"2025-12-31T00:00:00Z\"}}",
                "{\"token\":{\"issued_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":\"+999999999-12-31T23:59:59Z\"}}"
            })
    void aTokenThatIsNoneIsUnavailable(String body) {
        keystone.loginBody = body;
        var adapter = adapter();

        assertThat(adapter.tokens().issue("u", PASSWORD, "t")).isInstanceOf(Reply.Unavailable.class);
        assertThat(adapter.admin().listRoles()).isInstanceOf(Reply.Unavailable.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"with a space ", "ümlaut", "\u0001"})
    void aTokenThatNoHeaderCouldCarryIsUnavailable(String id) {
        keystone.tokenId = id;

        assertThat(adapter().admin().listRoles()).isInstanceOf(Reply.Unavailable.class);
    }

    @Test
    void nothingListensAnyMore() {
        keystone.turnOff();
        var admin = adapter().admin();

        OPERATIONS.values().forEach(operation -> assertThat(operation.apply(admin))
                .isEqualTo(new Reply.Unavailable<>("can't connect to Keystone")));
    }

    @Test
    void aConnectionThatEndsIsReplacedWhereARepetitionDoesNoHarm() {
        keystone.body = "{\"roles\":[]}";
        var admin = adapter().admin();
        keystone.hangUps.set(1);

        assertThat(admin.listRoles()).isInstanceOf(Reply.Done.class);
    }

    @Test
    void whatMayHaveBeenMadeIsNotMadeTwice() {
        var admin = adapter().admin();
        keystone.hangUps.set(1);

        assertThat(admin.createUser("d", "u", PASSWORD, "")).isInstanceOf(Reply.Unavailable.class);

        assertThat(keystone.requestsButLogins()).hasSize(1);
    }

    @Test
    void noMoreCallsAreInFlightThanAllowed() throws Exception {
        properties.put("max-calls-in-flight", "3");
        keystone.body = "{\"roles\":[]}";
        var admin = adapter().admin();
        admin.listRoles();

        assertThat(atOnce(30, admin::listRoles))
                .allSatisfy(reply -> assertThat(reply).isInstanceOf(Reply.Done.class));

        assertThat(keystone.mostAtOnce).hasValue(3);
    }

    @Test
    void whoWaitsTooLongForATurnIsToldSo() throws Exception {
        properties.put("max-calls-in-flight", "1");
        properties.put("timeout", "200ms");
        var admin = adapter().admin();
        admin.listRoles();
        keystone.mode = Mode.STALL;

        assertThat(atOnce(4, admin::listRoles))
                .allSatisfy(reply -> assertThat(reply).isInstanceOf(Reply.Unavailable.class))
                .anySatisfy(reply -> assertThat(reply)
                        .isEqualTo(new Reply.Unavailable<>("no call to Keystone came back within 0.2 s")));
    }

    @Test
    void afterARefusedPasswordKeystoneIsLeftInPeaceForAWhile() {
        var clock = new ManualClock();
        var admin = adapter(clock).admin();
        keystone.loginMode = Mode.UNAUTHORIZED;

        for (var i = 0; i < 10; i++) {
            assertThat(admin.listRoles()).isInstanceOf(Reply.Denied.class);
        }
        assertThat(keystone.logins("password")).isEqualTo(1);

        clock.advance(Duration.ofSeconds(5));
        assertThat(admin.listRoles()).isInstanceOf(Reply.Denied.class);
        assertThat(keystone.logins("password")).isEqualTo(2);

        keystone.loginMode = Mode.WELL;
        keystone.body = "{\"roles\":[]}";
        clock.advance(Duration.ofSeconds(9));
        assertThat(admin.listRoles()).isInstanceOf(Reply.Denied.class);
        clock.advance(Duration.ofSeconds(1));
        assertThat(admin.listRoles()).isInstanceOf(Reply.Done.class);
    }

    @Test
    void aPasswordThatAFileHasAnewIsSentAtOnce(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("password"), "the old one");
        properties.put("password-file", file.toString());
        var admin = adapter(new ManualClock()).admin();
        keystone.loginMode = Mode.UNAUTHORIZED;
        assertThat(admin.listRoles()).isInstanceOf(Reply.Denied.class);

        Files.delete(file);
        assertThat(admin.listRoles()).isInstanceOf(Reply.Unavailable.class);

        Files.writeString(file, "the new one\n");
        keystone.loginMode = Mode.WELL;
        keystone.body = "{\"roles\":[]}";
        assertThat(admin.listRoles()).isInstanceOf(Reply.Done.class);
        assertThat(keystone.logins("password")).isEqualTo(2);
    }

    @Test
    void aTokenThatKeystoneTakesNoMoreIsExchangedOnceAndThenTheCallIsDenied() {
        keystone.mode = Mode.UNAUTHORIZED;
        var admin = adapter().admin();

        assertThat(admin.listRoles()).isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                .isEqualTo(401));

        assertThat(keystone.requestsButLogins()).hasSize(2);
        assertThat(keystone.logins("password")).isEqualTo(1);
        assertThat(keystone.logins("token")).isEqualTo(2);
    }

    @Test
    void theAdministratorsTokenIsRenewedAheadOfItsEndByOneLogin() throws Exception {
        var clock = new ManualClock();
        var admin = adapter(clock).admin();
        keystone.body = "{\"roles\":[]}";
        allDone(atOnce(10, admin::listRoles));
        assertThat(keystone.logins("password")).isEqualTo(1);
        assertThat(keystone.logins("token")).isEqualTo(1);

        clock.advance(Duration.ofMinutes(57));
        allDone(atOnce(10, admin::listRoles));
        assertThat(keystone.logins("password")).isEqualTo(1);

        clock.advance(Duration.ofSeconds(61));
        allDone(atOnce(10, admin::listRoles));
        assertThat(keystone.logins("password")).isEqualTo(2);
        assertThat(keystone.logins("token")).isEqualTo(2);
    }

    @Test
    void whileNoNewTokenCanBeHadTheOldOneServesTillItsEnd() {
        var clock = new ManualClock();
        var admin = adapter(clock).admin();
        keystone.body = "{\"roles\":[]}";
        admin.listRoles();
        keystone.loginMode = Mode.UNAVAILABLE;

        clock.advance(Duration.ofMinutes(59));
        assertThat(admin.listRoles()).isInstanceOf(Reply.Done.class);
        clock.advance(Duration.ofMinutes(1));
        assertThat(admin.listRoles()).isInstanceOf(Reply.Unavailable.class);
    }

    private Adapter adapter() {
        return adapter(new ManualClock());
    }

    private Adapter adapter(ManualClock clock) {
        var adapter = Adapter.of(Settings.of(properties), clock);
        adapters.add(adapter);
        return adapter;
    }

    private static void allDone(List<? extends Reply<?>> replies) {
        assertThat(replies).allSatisfy(reply -> assertThat(reply).isInstanceOf(Reply.Done.class));
    }

    private static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var replies = new ArrayList<T>();
            for (Future<T> reply : threads.invokeAll(Collections.nCopies(times, call))) {
                replies.add(reply.get());
            }
            return replies;
        }
    }
}
