package lanyard.tokenissuer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Singleton;
import java.time.Duration;
import lanyard.common.events.CredentialReady;
import lanyard.common.events.EventCodec;
import lanyard.common.events.TokenIssued.Source;
import lanyard.common.events.TraceParent;
import lanyard.common.tracing.LogFields;
import lanyard.common.tracing.Tracing;
import org.jboss.logging.Logger;

/**
 * Which client credentials were told as ready and have not been used at this replica yet: the first login with each belongs to the
 * cluster's trace, and no other does. A door answers thousands a second, and the audit tells of each.
 */
@Singleton
public class FirstLogins {
    private static final Logger LOG = Logger.getLogger(FirstLogins.class);
    private static final int MOST = 10_000;

    private final Tracing tracing;
    private final Cache<String, TraceParent> awaited =
            Caffeine.newBuilder().maximumSize(MOST).build();

    FirstLogins(Tracing tracing) {
        this.tracing = tracing;
    }

    /** A credential is ready: whoever has the message may log in from now on. */
    void await(CredentialReady told, byte[] message) {
        var outline = tracing.isOn() ? EventCodec.outline(message) : null;
        if (outline != null && outline.traceparent() != null) {
            awaited.put(told.credential(), outline.traceparent());
        }
    }

    /** A login has just been granted. Never blocks. */
    public void granted(Credential credential, Source source, String request, long arrivedAt) {
        var ready = tracing.isOn() ? awaited.asMap().remove(credential.id()) : null;
        if (ready != null) {
            var took = Duration.ofNanos(System.nanoTime() - arrivedAt);
            tracing.loggedIn(ready, took, credential.purpose(), source.code(), request);
            LogFields.during(
                    credential.cluster(),
                    request,
                    () -> LOG.debugf(
                            "cluster %s has logged in for the first time, for %s",
                            credential.cluster(), credential.purpose()));
        }
    }
}
