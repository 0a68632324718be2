package lanyard.tokenissuer.door;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param address as the door sees it; what a trusted proxy said, where the operator has configured one
 * @param request the id that the request was given
 * @param certified the names in the client's certificate; {@code null} if it has shown none
 */
record Caller(String address, String request, @Nullable Set<String> certified) {}
