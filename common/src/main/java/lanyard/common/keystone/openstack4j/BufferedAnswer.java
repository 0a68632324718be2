package lanyard.common.keystone.openstack4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openstack4j.core.transport.ExecutionOptions;
import org.openstack4j.core.transport.HttpResponse;
import org.openstack4j.core.transport.ListType;
import org.openstack4j.core.transport.ObjectMapperSingleton;
import org.openstack4j.model.common.ActionResponse;

/**
 * An answer of Keystone's or another peer's, read to its end.
 *
 * <p>openstack4j's usual handling of answers is left out on purpose: it logs what it can't parse, takes an empty object for an empty
 * list, and puts Keystone's error messages, which can repeat what was sent, into its own. Here whatever is not a good answer is
 * {@link Failed}.
 */
final class BufferedAnswer implements HttpResponse {
    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Peer peer;
    private final java.net.http.HttpResponse<byte[]> answer;

    BufferedAnswer(Peer peer, java.net.http.HttpResponse<byte[]> answer) {
        this.peer = peer;
        this.answer = answer;
    }

    /** This answer, if its status says that the call was done. */
    BufferedAnswer orFail() {
        if (getStatus() < 200 || getStatus() >= 300) {
            throw Failed.of(peer, getStatus(), isPeersError(), answer.headers().firstValue("x-openstack-request-id"));
        }
        return this;
    }

    private boolean isPeersError() {
        try {
            return tree().at(peer.status).asInt() == getStatus();
        } catch (Failed e) {
            return false;
        }
    }

    /** The body as JSON, whole and nothing after it. */
    JsonNode tree() {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw Failed.malformed(peer, "JSON");
        }
    }

    /** The body as text, byte for byte. */
    String text() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(answer.body()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Failed.malformed(peer, "UTF-8");
        }
    }

    @Override
    public <T> @Nullable T getEntity(Class<T> type) {
        return getEntity(type, null);
    }

    @Override
    public <T> @Nullable T getEntity(Class<T> type, @Nullable ExecutionOptions<T> options) {
        orFail();
        if (options != null && options.hasParser()) {
            return options.getParser().apply(this);
        }
        if (type == Void.class) {
            return null;
        }
        if (type == ActionResponse.class) {
            // Keystone answers every deletion and every grant without content. Anything else comes from someone else.
            if (getStatus() != 204) {
                throw Failed.malformed(peer, "204 No Content");
            }
            return type.cast(ActionResponse.actionSuccess(getStatus()));
        }
        return readEntity(type);
    }

    @Override
    public <T> T readEntity(Class<T> type) {
        var tree = tree();
        if (type == JsonNode.class) {
            return type.cast(tree);
        }
        if (ListType.class.isAssignableFrom(type) && !holdsList(tree, type)) {
            throw Failed.malformed(peer, "a list");
        }
        try {
            T entity = ObjectMapperSingleton.getContext(type).readerFor(type).readValue(answer.body());
            if (entity == null) {
                throw Failed.malformed(peer, "an object");
            }
            return entity;
        } catch (JsonProcessingException e) {
            throw Failed.malformed(peer, "of the expected shape");
        } catch (IOException e) {
            throw Failed.malformed(peer, "JSON");
        }
    }

    /** Whether there is a list of objects where openstack4j will look for it. */
    private static boolean holdsList(JsonNode tree, Class<?> type) {
        var mapper = ObjectMapperSingleton.getContext(type);
        return mapper.getDeserializationConfig().introspect(mapper.constructType(type)).findProperties().stream()
                .filter(BeanPropertyDefinition::hasField)
                .map(property -> tree.path(property.getName()))
                .anyMatch(list -> list.isArray() && list.valueStream().allMatch(JsonNode::isObject));
    }

    @Override
    public int getStatus() {
        return answer.statusCode();
    }

    @Override
    public String getStatusMessage() {
        return Integer.toString(answer.statusCode());
    }

    @Override
    public @Nullable String getContentType() {
        return header("Content-Type");
    }

    @Override
    public InputStream getInputStream() {
        return new ByteArrayInputStream(answer.body());
    }

    @Override
    public @Nullable String header(String name) {
        return answer.headers().firstValue(name).orElse(null);
    }

    @Override
    public Map<String, String> headers() {
        return answer.headers().map().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, header -> header.getValue().getFirst()));
    }

    @Override
    public void close() {
        // There is nothing to give back: the body was read to its end, and the connection went back to its pool then.
    }
}
