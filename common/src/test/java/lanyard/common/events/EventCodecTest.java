package lanyard.common.events;

import static lanyard.common.events.Samples.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialReady.Sealed;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.wire.Reason;
import lanyard.common.events.wire.Shape.Misfit;
import lanyard.common.events.wire.StrictJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventCodecTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @MethodSource("lanyard.common.events.Samples#all")
    void whatIsWrittenIsReadAsTheSame(CredentialEvent event) {
        assertThat(EventCodec.read(written(event)))
                .isEqualTo(new Read.Event(event, Samples.ID, Samples.TIME, Samples.SOURCE));
    }

    @Test
    void whereInItsTraceAnEventWasToldStandsBesideItAndChangesNothingOfWhatItSays() {
        var place = new TraceParent(Samples.REVOKED.cluster(), "00f067aa0ba902b7");
        var body = EventCodec.write(Samples.REVOKED, Samples.ID, Samples.SOURCE, Samples.TIME, place);
        assertThat(EventCodec.read(body)).isEqualTo(EventCodec.read(written(Samples.REVOKED)));
        assertThat(EventCodec.outline(body))
                .isEqualTo(new Outline(CredentialRevoked.TYPE, Samples.ID, Samples.REVOKED.cluster(), place));
        assertThat(EventCodec.outline(written(Samples.REVOKED)))
                .isEqualTo(new Outline(CredentialRevoked.TYPE, Samples.ID, Samples.REVOKED.cluster(), null));
    }

    @Test
    void aTraceParentThatIsNoneTakesNothingFromAnEvent() {
        for (var hostile : List.of("\"x\"", "7", "null", "{\"a\":[]}", "\"" + "0".repeat(100_000) + "\"")) {
            var body = new String(written(Samples.REVOKED), StandardCharsets.UTF_8)
                    .replace("\"data\":", "\"traceparent\":" + hostile + ",\"data\":")
                    .getBytes(StandardCharsets.UTF_8);
            assertThat(EventCodec.read(body)).isEqualTo(EventCodec.read(written(Samples.REVOKED)));
            assertThat(EventCodec.outline(body).traceparent()).isNull();
        }
    }

    @Test
    void whatIsNoEventOfOursHasNoOutline() {
        assertThat(EventCodec.outline(null)).isNull();
        assertThat(EventCodec.outline(new byte[] {1, 2, 3})).isNull();
        assertThat(EventCodec.outline("{\"service\":\"revoker\"}".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        assertThat(EventCodec.outline(written(Samples.SWEEP))).isNull();
    }

    @Test
    void anEventIsTheseBytes() {
        assertThat(new String(written(Samples.REVOKED), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"specversion\":\"1.0\",\"id\":\"5b0f4a57-5f5e-4a0c-9d4e-6a1f1f6f3c11\","
                                + "\"source\":\"/lanyard/revoker\",\"type\":\"credential.revoked\","
                                + "\"subject\":\"913b9b74-c3ab-420c-90b4-1b22c1911a93\",\"time\":\"2026-11-23T12:05:18.025114Z\","
                                + "\"datacontenttype\":\"application/json\",\"dataschema\":\"urn:lanyard:credential.revoked:1\","
                                + "\"data\":{\"cluster\":\"913b9b74-c3ab-420c-90b4-1b22c1911a93\",\"trusts\":1,\"trustee\":\"removed\"}}");
    }

    @Test
    void whatIsNotKnownIsNotWritten() {
        assertThat(new String(written(Samples.FAILED_WITHOUT_PROJECT), StandardCharsets.UTF_8))
                .doesNotContain("\"project\":");
    }

    @Test
    void newerTypesRevisionsAndFieldsBreakNothing() {
        assertThat(EventCodec.read(changed(Samples.REVOKED, e -> e.put("type", "credential.rotated"))))
                .isEqualTo(new Read.Ignored());
        assertThat(EventCodec.read(changed(Samples.REVOKED, e -> e.put("dataschema", "urn:lanyard:credential.revoked:2")
                        .putArray("data"))))
                .isEqualTo(new Read.Ignored());
        assertThat(EventCodec.read(changed(Samples.PROVISIONED, e -> {
                    e.put("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
                    data(e).put("more", 1);
                    ((ObjectNode) data(e).get("trustee")).putObject("options");
                    ((ObjectNode) data(e).at("/grants/0")).putArray("rules");
                })))
                .isEqualTo(EventCodec.read(written(Samples.PROVISIONED)));
    }

    @Test
    void newerWordsAreReadAsUnknownAndNeverWritten() {
        assertThat(event(changed(Samples.REVOKED, e -> data(e).put("trustee", "shared"))))
                .isEqualTo(new CredentialRevoked(Samples.CLUSTER, 1, TrusteeFate.UNKNOWN));
        assertThat(event(changed(Samples.FAILED, e -> data(e).put("reason", "quota-exceeded"))))
                .extracting(e -> ((CredentialFailed) e).reason())
                .isEqualTo(FailureReason.UNKNOWN);
        assertThat(event(changed(Samples.ISSUED, e -> data(e).put("source", "neighbour"))))
                .extracting(e -> ((TokenIssued) e).source())
                .isEqualTo(TokenIssued.Source.UNKNOWN);
        assertThatThrownBy(() -> written(new CredentialRevoked(Samples.CLUSTER, 1, TrusteeFate.UNKNOWN)))
                .isInstanceOf(Misfit.class);
    }

    @Test
    void timesAreTextOfAnyOffset() {
        assertThat(event(changed(Samples.ISSUED, e -> data(e).put("expires", "2026-11-23T15:04:51+02:00"))))
                .isEqualTo(Samples.ISSUED);
        assertThat(refused(Samples.ISSUED, e -> data(e).put("expires", 1_795_435_491)))
                .isEqualTo(Reason.BAD_DATA);
        assertThat(refused(Samples.ISSUED, e -> data(e).put("expires", "soon"))).isEqualTo(Reason.BAD_DATA);
        assertThat(refused(Samples.ISSUED, e -> data(e).put("expires", "+12026-11-23T13:04:51Z")))
                .isEqualTo(Reason.BAD_DATA);
        assertThat(refused(Samples.ISSUED, e -> e.put("time", "2026-11-23"))).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.ISSUED, e -> e.put("time", "0".repeat(100)))).isEqualTo(Reason.BAD_ENVELOPE);
    }

    @Test
    void subjectAndDataAreAboutTheSameCluster() {
        assertThat(refused(Samples.REVOKED, e -> e.put("subject", "c510a243-0000-4000-8000-000000000000")))
                .isEqualTo(Reason.CONTRADICTION);
        assertThat(refused(Samples.REVOKED, e -> e.put("subject", "913B9B74-C3AB-420C-90B4-1B22C1911A93")))
                .isEqualTo(Reason.BAD_CLUSTER_ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"})
    void everyAttributeIsNeeded(String attribute) {
        assertThat(refused(Samples.REVOKED, e -> e.remove(attribute))).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.REVOKED, e -> e.putNull(attribute))).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.REVOKED, e -> e.put(attribute, 1))).isEqualTo(Reason.BAD_ENVELOPE);
    }

    @Test
    void anEnvelopeThatIsNotOursIsRefused() {
        assertThat(refused(Samples.REVOKED, e -> e.put("specversion", "0.3"))).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.REVOKED, e -> e.put("source", "/somewhere/else")))
                .isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.REVOKED, e -> e.put("id", "x\n"))).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.REVOKED, e -> e.put("datacontenttype", "text/xml")))
                .isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(refused(Samples.REVOKED, e -> e.remove("data"))).isEqualTo(Reason.BAD_DATA);
        assertThat(refused(Samples.REVOKED, e -> e.putArray("data"))).isEqualTo(Reason.BAD_DATA);
    }

    @Test
    void bytesThatAreNoEventAreRefused() {
        assertThat(EventCodec.read(null)).isEqualTo(new Read.Ignored());
        assertThat(reason(new byte[0])).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(reason("[]".getBytes(StandardCharsets.UTF_8))).isEqualTo(Reason.BAD_ENVELOPE);
        assertThat(reason("{\"a\":1,\"a\":2}".getBytes(StandardCharsets.UTF_8))).isEqualTo(Reason.DUPLICATE_KEY);
        assertThat(reason("{} {}".getBytes(StandardCharsets.UTF_8))).isEqualTo(Reason.NOT_JSON);
        assertThat(reason(new byte[] {(byte) 0xff})).isEqualTo(Reason.NOT_UTF8);
        assertThat(reason(new byte[StrictJson.LARGEST_BODY + 1])).isEqualTo(Reason.TOO_LARGE);
        assertThat(reason(("{\"a\":" + "[".repeat(1_000)).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(Reason.TOO_DEEP);
    }

    @Test
    void aRefusalNamesThePlaceAndNotTheContent() {
        var body =
                changed(Samples.PROVISIONED, e -> ((ObjectNode) data(e).at("/grants/1")).put("trust", "my password"));

        assertThat(EventCodec.read(body))
                .isEqualTo(new Read.Rejected(
                        Reason.BAD_DATA,
                        "data.grants[1]: trust is not an id of 1 to 64 letters, digits, '-' and '_': 11 characters"));
    }

    @Test
    void countsAreWholeNumbersWithinBounds() {
        for (Consumer<ObjectNode> change : List.<Consumer<ObjectNode>>of(
                data -> data.put("generation", 0),
                data -> data.put("generation", -1),
                data -> data.put("generation", 1_000_001),
                data -> data.put("generation", 1L << 32 | 1),
                data -> data.put("generation", 1.5),
                data -> data.put("generation", "1"),
                data -> data.put("generation", true),
                data -> data.putNull("generation"),
                data -> data.remove("generation"))) {
            assertThat(refused(Samples.READY, e -> change.accept(data(e)))).isEqualTo(Reason.BAD_DATA);
        }
        assertThat(refused(Samples.REVOKED, e -> data(e).remove("trusts"))).isEqualTo(Reason.BAD_DATA);
    }

    @Test
    void aPurposeIsGrantedOnceAndARecipientSealedToOnce() {
        var grant = new Grant("registry", "t", Trusteeship.ISSUER, List.of("member"));
        assertThatThrownBy(() ->
                        provisioned(List.of(grant, new Grant("registry", "u", Trusteeship.ISSUER, List.of("member")))))
                .isInstanceOf(Misfit.class);
        assertThatThrownBy(() -> provisioned(List.of())).isInstanceOf(Misfit.class);
        assertThatThrownBy(() -> provisioned(Stream.iterate(0, i -> i + 1)
                        .limit(33)
                        .map(i -> new Grant("p" + i, "t", Trusteeship.PER_CLUSTER, List.of("member")))
                        .toList()))
                .isInstanceOf(Misfit.class);
        assertThatThrownBy(() -> new Grant("registry", "t", Trusteeship.ISSUER, List.of("member", "member")))
                .isInstanceOf(Misfit.class);
        var sealed = new Sealed("conductor", "a.b.c.d.e");
        assertThatThrownBy(() -> new CredentialReady(
                        Samples.CLUSTER, Samples.PROJECT, 1, "p", "c", "http://door/v3", List.of(sealed, sealed)))
                .isInstanceOf(Misfit.class);
    }

    @Test
    void aFailuresMessageIsMadeLegible() {
        assertThat(message("  two\r\nlines\u0000 ")).isEqualTo("two lines");
        assertThat(message("\n")).isEqualTo("-");
        assertThat(message("x".repeat(5_000))).hasSize(Legible.LONGEST - 1);
        assertThat(message("\ud83d\ude80".repeat(5_000)).length()).isLessThanOrEqualTo(Legible.LONGEST);
        assertThat(message("\ud83d\ude80".repeat(5_000))).endsWith("\ud83d\ude80");
    }

    @Test
    void senderAndTimeAreCheckedWhenWritten() {
        assertThatThrownBy(() -> EventCodec.write(Samples.REVOKED, "", Samples.SOURCE, Samples.TIME))
                .isInstanceOf(Misfit.class);
        assertThatThrownBy(() -> EventCodec.write(Samples.REVOKED, Samples.ID, "revoker", Samples.TIME))
                .isInstanceOf(Misfit.class);
        assertThatThrownBy(() -> EventCodec.write(Samples.REVOKED, Samples.ID, Samples.SOURCE, Instant.MAX))
                .isInstanceOf(Misfit.class);
    }

    private static String message(String text) {
        return new CredentialFailed(Samples.CLUSTER, null, 1, 1, FailureReason.DISPUTED, text).message();
    }

    private static CredentialProvisioned provisioned(List<Grant> grants) {
        var p = Samples.PROVISIONED;
        return new CredentialProvisioned(
                p.cluster(), p.project(), p.client(), p.backend(), p.delegation(), p.custodian(), p.trustee(), grants);
    }

    private static ObjectNode data(ObjectNode event) {
        return (ObjectNode) event.get("data");
    }

    private static CredentialEvent event(byte[] body) {
        assertThat(EventCodec.read(body)).isInstanceOf(Read.Event.class);
        return ((Read.Event) EventCodec.read(body)).event();
    }

    private static Reason refused(CredentialEvent event, Consumer<ObjectNode> change) {
        return reason(changed(event, change));
    }

    private static Reason reason(byte[] body) {
        assertThat(EventCodec.read(body)).isInstanceOf(Read.Rejected.class);
        return ((Read.Rejected) EventCodec.read(body)).reason();
    }

    private static byte[] changed(CredentialEvent event, Consumer<ObjectNode> change) {
        try {
            var json = (ObjectNode) JSON.readTree(new String(written(event), StandardCharsets.UTF_8));
            change.accept(json);
            return json.toString().getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
