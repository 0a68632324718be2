package lanyard.common.events.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What becomes of good messages in bad hands. Always the same for the same seed. */
public final class Mutants {
    /** A secret that hostile messages carry wherever they can. No refusal may repeat any of it. */
    public static final String CANARY = "gAAAAABmUnTqX7-canary-secret-31337";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Random random;

    public Mutants(long seed) {
        random = new Random(seed);
    }

    /** Whether a text repeats a piece of the secret, or is too long to be a remark. */
    public static boolean leaks(String detail) {
        for (int i = 0; i + 6 <= CANARY.length(); i++) {
            if (detail.contains(CANARY.substring(i, i + 6))) {
                return true;
            }
        }
        return detail.length() > 200;
    }

    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** Changes one place of a document, drawn at random: its value, its key, or that it is there. */
    public void mutate(ObjectNode document) {
        var parents = containers(document, new ArrayList<>());
        var parent = parents.get(below(parents.size()));
        switch (parent) {
            case ObjectNode object when !object.isEmpty() -> mutateIn(object);
            case ArrayNode array when !array.isEmpty() -> array.set(below(array.size()), anything());
            case ObjectNode object -> object.set(CANARY, anything());
            case ArrayNode array -> array.add(anything());
            default -> throw new IllegalStateException();
        }
    }

    private void mutateIn(ObjectNode object) {
        var keys = object.properties().stream().map(Map.Entry::getKey).toList();
        var key = keys.get(below(keys.size()));
        switch (below(6)) {
            case 0 -> object.remove(key);
            case 1 -> object.set(CANARY + key, object.remove(key));
            case 2 -> object.set(key, object.get(keys.get(below(keys.size()))).deepCopy());
            default -> object.set(key, anything());
        }
    }

    private JsonNode anything() {
        return switch (below(14)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.numberNode(random.nextInt());
            case 2 -> JSON.numberNode(new BigInteger("31337".repeat(1 + below(30))));
            case 3 -> JSON.numberNode(random.nextDouble() * 1e300);
            case 4 -> JSON.booleanNode(random.nextBoolean());
            case 5 -> JSON.textNode("");
            case 6 -> JSON.textNode(CANARY + "\u0000");
            case 7 -> JSON.textNode(CANARY.repeat(below(1_000)));
            case 8 -> JSON.arrayNode().add(CANARY).addNull();
            case 9 -> JSON.objectNode().put(CANARY, CANARY);
            case 10 -> deep(1 + below(60));
            case 11 -> JSON.textNode("magnum.cluster.update");
            case 12 -> below(20) == 0 ? JSON.textNode(CANARY.repeat(40_000)) : JSON.textNode("\ud800" + CANARY);
            default -> JSON.textNode(CANARY);
        };
    }

    private JsonNode deep(int depth) {
        JsonNode node = JSON.textNode(CANARY);
        for (int i = 0; i < depth; i++) {
            node = random.nextBoolean()
                    ? JSON.arrayNode().add(node)
                    : JSON.objectNode().set("k", node);
        }
        return node;
    }

    private static List<JsonNode> containers(JsonNode node, List<JsonNode> found) {
        if (node.isContainerNode()) {
            found.add(node);
            node.forEach(child -> containers(child, found));
        }
        return found;
    }

    /** Damages bytes, at one place or several. */
    public byte[] mutate(byte[] body) {
        return switch (below(9)) {
            case 0 -> spliced(body, below(body.length), body.length, "");
            case 1 -> flipped(body);
            case 2 -> {
                var at = below(body.length);
                yield spliced(body, at, Math.min(body.length, at + below(40)), "");
            }
            case 3 -> spliced(body, below(body.length), 0, "\u0000");
            case 4 -> spliced(body, below(body.length), 0, "\ud83d\ude80" + CANARY);
            case 5 -> spliced(body, body.length, body.length, new String(body, StandardCharsets.UTF_8));
            case 6 -> {
                var invalid = body.clone();
                invalid[below(body.length)] = (byte) (0x80 + below(0x80));
                yield invalid;
            }
            case 7 -> doubled(body);
            default -> {
                var noise = new byte[below(200)];
                random.nextBytes(noise);
                var at = below(body.length);
                var noisy = body.clone();
                System.arraycopy(noise, 0, noisy, at, Math.min(noise.length, body.length - at));
                yield noisy;
            }
        };
    }

    private byte[] flipped(byte[] body) {
        var flipped = body.clone();
        for (int i = 0; i <= below(4); i++) {
            flipped[below(body.length)] ^= (byte) (1 << below(8));
        }
        return flipped;
    }

    /** Says a key of the outermost object twice. */
    private byte[] doubled(byte[] body) {
        var text = new String(body, StandardCharsets.UTF_8);
        var end = text.indexOf("\":");
        return end < 0
                ? body
                : ("{" + text.substring(1, end) + "\":\"" + CANARY + "\"," + text.substring(1))
                        .getBytes(StandardCharsets.UTF_8);
    }

    /** Puts a text in the place of the bytes between two positions; inserts it where the second is not behind the first. */
    private static byte[] spliced(byte[] body, int from, int to, String text) {
        var middle = text.getBytes(StandardCharsets.UTF_8);
        var rest = Math.max(from, to);
        var spliced = new byte[from + middle.length + body.length - rest];
        System.arraycopy(body, 0, spliced, 0, from);
        System.arraycopy(middle, 0, spliced, from, middle.length);
        System.arraycopy(body, rest, spliced, from + middle.length, body.length - rest);
        return spliced;
    }
}
