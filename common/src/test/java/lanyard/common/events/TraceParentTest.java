package lanyard.common.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lanyard.common.events.wire.Shape.Misfit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    private static final String CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    private static final String TRACE = "913b9b74c3ab420c90b41b22c1911a93";
    private static final String SPAN = "00f067aa0ba902b7";

    @Test
    void what_is_written_is_read_as_the_same_and_its_trace_is_the_clusters() {
        var place = new TraceParent(CLUSTER, SPAN);
        assertThat(place).hasToString("00-" + TRACE + "-" + SPAN + "-01");
        assertThat(TraceParent.read(place.toString(), CLUSTER)).isEqualTo(place);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Other flags beside the one that says that it was recorded.
                "00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-03",
                // A later version, and what it may have to say.
                "01-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-01",
                "cc-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-01-what-the-future-brings",
            })
    void what_the_specification_allows_is_read(String text) {
        assertThat(TraceParent.read(text, CLUSTER)).isEqualTo(new TraceParent(CLUSTER, SPAN));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7",
                // Of another cluster, or of none.
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                // No span, or one that was not recorded.
                "00-913b9b74c3ab420c90b41b22c1911a93-0000000000000000-01",
                "00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-00",
                // No such version, and more than this one says.
                "ff-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-01",
                "00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-01-more",
                "00-913B9B74C3AB420C90B41B22C1911A93-00f067aa0ba902b7-01",
                "00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-01\n",
                " 00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902b7-01",
                "00-913b9b74c3ab420c90b41b22c1911a93-00f067aa0ba902bé-01",
            })
    void what_is_no_place_in_the_clusters_trace_is_passed_over(String text) {
        assertThat(TraceParent.read(text, CLUSTER)).isNull();
    }

    @Test
    void however_long_it_is_it_is_passed_over() {
        var text = "01-" + TRACE + "-" + SPAN + "-01-" + "x".repeat(1_000_000);
        assertThat(TraceParent.read(text, CLUSTER)).isNull();
    }

    @Test
    void no_cluster_has_no_trace() {
        var nil = "00-" + "0".repeat(32) + "-" + SPAN + "-01";
        assertThat(TraceParent.read(nil, CredentialEvent.NO_CLUSTER)).isNull();
        assertThat(TraceParent.read(null, CLUSTER)).isNull();
        assertThatThrownBy(() -> new TraceParent(CredentialEvent.NO_CLUSTER, SPAN))
                .isInstanceOf(Misfit.class);
        assertThatThrownBy(() -> new TraceParent(CLUSTER, "xyz")).isInstanceOf(Misfit.class);
    }
}
