package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredential;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredentialName;
import lanyard.tokenissuer.door.AuthRequest.ByPassword;
import lanyard.tokenissuer.door.AuthRequest.BySecret;
import lanyard.tokenissuer.door.AuthRequest.ByToken;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import lanyard.tokenissuer.door.AuthRequest.Malformed;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import lanyard.tokenissuer.door.AuthRequest.Unsupported;
import lanyard.tokenissuer.door.AuthRequest.User;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthRequestParserTest {
    private static final Secret MARK = Secret.of("<secret>");

    @ParameterizedTest
    @MethodSource("lanyard.tokenissuer.door.Capture#all")
    void everyCapturedLoginIsUnderstood(String capture) {
        var expected =
                switch (capture.split("-")[0] + "-" + capture.split("[-.]")[1]) {
                    case "gopher-appcred", "openstack-appcred" ->
                        new ByApplicationCredential("c3b9f79f45c24e658c4a0dff8baa26c2", MARK);
                    case "gopher-trust", "openstack-trust" ->
                        new ByPassword(
                                new User.ById("e8ae798eee1b44a5ba8c9dfdf7a58c4c"),
                                MARK,
                                new Scope.Trust("41301819c0c04466b37157ed02463ae3"));
                    case "registry-keystone" ->
                        new ByPassword(
                                new User.ByName("trustee-d83c79", new Domain("cf1ba385fa1d45b7b80df45edae2c638", null)),
                                MARK,
                                new Scope.Trust("41301819c0c04466b37157ed02463ae3"));
                    default -> throw new IllegalStateException("no expectation for " + capture);
                };
        assertThat(Capture.logins(capture)).isNotEmpty().allSatisfy(body -> assertThat(parse(body))
                .isEqualTo(expected));
    }

    @Test
    void aDomainMayBeNamed() {
        assertThat(
                        parse(
                                """
                        {"auth":{"identity":{"methods":["password"],"password":{"user":
                          {"name":"n","domain":{"name":"d"},"password":"p"}}},"scope":{"OS-TRUST:trust":{"id":"t"}}}}
                        """))
                .isEqualTo(new ByPassword(
                        new User.ByName("n", new Domain(null, "d")), Secret.of("p"), new Scope.Trust("t")));
    }

    static List<Arguments> scopes() {
        var domain = new Domain("d", null);
        return List.of(
                Arguments.of("", new Scope.Unsaid()),
                Arguments.of(",'scope':{'OS-TRUST:trust':{'id':'t'}}", new Scope.Trust("t")),
                Arguments.of(",'scope':{'project':{'id':'p'}}", new Scope.ProjectById("p")),
                Arguments.of(
                        ",'scope':{'project':{'name':'p','domain':{'id':'d'}}}", new Scope.ProjectByName("p", domain)),
                Arguments.of(
                        ",'scope':{'project':{'name':'p','domain':{'name':'d'}}}",
                        new Scope.ProjectByName("p", new Domain(null, "d"))));
    }

    @ParameterizedTest
    @MethodSource("scopes")
    void byPasswordAndByTokenEveryScopeMayBeAskedFor(String json, Scope scope) {
        assertThat(parseQuoted("{'auth':{'identity':{'methods':['token'],'token':{'id':'x'}}%s}}".formatted(json)))
                .isEqualTo(new ByToken(Secret.of("x"), scope));
        assertThat(parseQuoted(
                        "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'x'}}}%s}}"
                                .formatted(json)))
                .isEqualTo(new ByPassword(new User.ById("u"), Secret.of("x"), scope));
    }

    @Test
    void anApplicationCredentialMayBeNamedWithItsUser() {
        assertThat(
                        parseQuoted(
                                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':'n','user':{'id':'u'},'secret':'s'}}}}"))
                .isEqualTo(new ByApplicationCredentialName("n", new User.ById("u"), Secret.of("s")));
        assertThat(
                        parseQuoted(
                                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':'n','user':{'name':'u','domain':{'name':'d'}},'secret':'s'}}}}"))
                .isEqualTo(new ByApplicationCredentialName(
                        "n", new User.ByName("u", new Domain(null, "d")), Secret.of("s")));
    }

    @Test
    void aMethodThatIsNamedTwiceIsOneMethod() {
        assertThat(
                        parse(
                                """
                        {"auth":{"identity":{"methods":["application_credential","application_credential"],
                          "application_credential":{"id":"i","secret":"s"}}}}
                        """))
                .isEqualTo(new ByApplicationCredential("i", Secret.of("s")));
    }

    @Test
    void whatKeystonePassesOverIsPassedOver() {
        assertThat(
                        parse(
                                """
                        {"policy":{"target":{}},"user":{"id":"admin"},"auth":{"more":1,"identity":{"methods":
                          ["application_credential"],"token":{"id":"x"},
                          "application_credential":{"id":"i","secret":"s","user":{"id":"admin"}}}}}
                        """))
                .isEqualTo(new ByApplicationCredential("i", Secret.of("s")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // No method, and several.
                "{'auth':{'identity':{'methods':[]}}}",
                "{'auth':{'identity':{'methods':['password','totp'],'password':{'user':{'id':'u','password':'p'}},'totp':{}}}}",
                // Methods that the door has not.
                "{'auth':{'identity':{'methods':['external'],'external':{}}}}",
                // An application credential takes no scope, and needs to be named.
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i','secret':'s'}},'scope':{'project':{'id':'p'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i','secret':'s'}},'scope':null}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':'n','user':{'id':'u'},'secret':'s'}},'scope':{'project':{'id':'p'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'secret':'s'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':'n','user':{'id':'u','name':'n'},'secret':'s'}}}}",
                // With other scopes, with more than one.
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':'unscoped'}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':{'OS-TRUST:trust':{'id':'t'},'project':{'id':'p'}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':{}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':{'domain':{'id':'d'}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':{'system':{'all':true}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':'unscoped'}}",
                "{'auth':{'identity':{'methods':['token','password'],'token':{'id':'t'},'password':{'user':{'id':'u','password':'p'}}}}}",
                // A user or domain that is named in two ways.
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','name':'n','password':'p'}}},'scope':{'OS-TRUST:trust':{'id':'t'}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'name':'n','domain':{'id':'d','name':'d'},'password':'p'}}},'scope':{'OS-TRUST:trust':{'id':'t'}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':{'project':{'id':'p','name':'p'}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':{'project':{'name':'p','domain':{'id':'d','name':'d'}}}}}",
            })
    void whatTheDoorDoesNotServeIsALoginThatFails(String body) {
        assertThat(parseQuoted(body)).isEqualTo(new Unsupported());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "'auth'",
                "{}",
                "{'auth':null}",
                "{'auth':[]}",
                "{'auth':{}}",
                "{'auth':{'identity':[]}}",
                "{'auth':{'identity':{}}}",
                "{'auth':{'identity':{'methods':'password'}}}",
                "{'auth':{'identity':{'methods':[1]}}}",
                "{'auth':{'identity':{'methods':[null]}}}",
                "{'auth':{'identity':{'methods':['password']}}}",
                "{'auth':{'identity':{'methods':['password'],'password':[]}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u'}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'password':'p'}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':1,'password':'p'}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':{}}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'name':'n','password':'p'}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'name':'n','domain':{},'password':'p'}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'name':'n','domain':'d','password':'p'}}}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':1}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':{'OS-TRUST:trust':'t'}}}",
                "{'auth':{'identity':{'methods':['password'],'password':{'user':{'id':'u','password':'p'}}},'scope':{'OS-TRUST:trust':{}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i','secret':7}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':'n','secret':'s'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':'n','user':{},'secret':'s'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'name':1,'secret':'s'}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':{}}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':{'project':{}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':{'project':{'name':'p'}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':{'project':{'name':'p','domain':{}}}}}",
                "{'auth':{'identity':{'methods':['token'],'token':{'id':'t'}},'scope':{'project':'p'}}}",
                // Two readers could understand different things.
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i','id':'j','secret':'s'}}}}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i','secret':'s'}}}} {}",
                "{'auth':{'identity':{'methods':['application_credential'],'application_credential':{'id':'i','secret':'s'}}}",
            })
    void whatKeystoneWouldNotUnderstandIsMalformed(String body) {
        assertThat(parseQuoted(body)).isInstanceOf(Malformed.class);
    }

    @Test
    void aComplaintRepeatsNothingOfTheBody() {
        var body = Capture.logins("openstack-trust.txt").getFirst().strip().replace("<secret>", "hunter2");
        for (int cut = 0; cut < body.length(); cut++) {
            var request = parse(body.substring(0, cut));
            assertThat(request).isInstanceOf(Malformed.class);
            assertThat(request.toString()).doesNotContain("hunter2");
        }
        assertThat(parse(body.replace("\"methods\"", "\"hunter2\"")).toString()).doesNotContain("hunter2");
        assertThat(parse(body).toString()).doesNotContain("hunter2");
    }

    @Test
    void depthIsBounded() {
        assertThat(parse("{\"auth\":" + "[".repeat(5000) + "]".repeat(5000) + "}"))
                .isInstanceOf(Malformed.class);
    }

    /** Bytes changed, dropped, doubled and swapped in real logins: each is something, and none is an exception. */
    @Test
    void tenThousandMutatedLoginsAreAllAnswered() {
        var logins = Capture.all().stream()
                .flatMap(capture -> Capture.logins(capture).stream())
                .distinct()
                .toList();
        var random = new Random(20261123);
        var understood = 0;
        for (int i = 0; i < 10_000; i++) {
            var bytes = logins.get(random.nextInt(logins.size())).getBytes(StandardCharsets.UTF_8);
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                bytes = mutated(bytes, random);
            }
            understood += AuthRequestParser.parse(bytes) instanceof BySecret ? 1 : 0;
        }
        // Or the mutations would test nothing but the JSON parser.
        assertThat(understood).isBetween(100, 9_900);
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        var from = random.nextInt(bytes.length);
        var to = Math.min(bytes.length, from + random.nextInt(30));
        return switch (random.nextInt(4)) {
            case 0 -> {
                var changed = bytes.clone();
                changed[from] = (byte) random.nextInt(256);
                yield changed;
            }
            case 1 -> concatenated(bytes, 0, from, to, bytes.length);
            case 2 -> concatenated(bytes, 0, to, from, bytes.length);
            default -> {
                var changed = bytes.clone();
                changed[from] = bytes[random.nextInt(bytes.length)];
                yield changed;
            }
        };
    }

    private static byte[] concatenated(byte[] bytes, int from, int to, int thenFrom, int thenTo) {
        var result = new byte[to - from + thenTo - thenFrom];
        System.arraycopy(bytes, from, result, 0, to - from);
        System.arraycopy(bytes, thenFrom, result, to - from, thenTo - thenFrom);
        return result.length == 0 ? new byte[] {'x'} : result;
    }

    private static AuthRequest parseQuoted(String body) {
        return parse(body.replace('\'', '"'));
    }

    private static AuthRequest parse(String body) {
        return AuthRequestParser.parse(body.getBytes(StandardCharsets.UTF_8));
    }
}
