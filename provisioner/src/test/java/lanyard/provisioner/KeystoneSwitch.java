package lanyard.provisioner;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.net.URI;
import java.util.Map;
import lanyard.common.testing.Line;
import lanyard.common.testing.RealParts;

/**
 * Stands between the application and the real Keystone and can be switched off: then it closes every connection, as a Keystone
 * does that is being restarted.
 */
public final class KeystoneSwitch implements QuarkusTestResourceLifecycleManager {
    private static final String LINE = "test.keystone-line";

    private final URI keystone = URI.create(RealParts.environment("LANYARD_KEYSTONE_URL"));
    private Line line;

    static void off() {
        Line.set(LINE, Line.State.CUT);
    }

    static void on() {
        Line.set(LINE, Line.State.WELL);
    }

    /** Its setting must win over that of {@link RealParts}. */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        on();
        line = new Line(LINE, keystone.getHost(), keystone.getPort());
        return Map.of("lanyard.keystone.url", "http://127.0.0.1:%d%s".formatted(line.port(), keystone.getPath()));
    }

    @Override
    public void stop() {
        line.close();
    }
}
