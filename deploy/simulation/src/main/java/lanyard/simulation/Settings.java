package lanyard.simulation;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import lanyard.common.events.Trusteeship;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.Seal;
import lanyard.provisioner.Profiles.Profile;

/** The services' settings: their own defaults, but for the waits of a day, which would be waited for in every schedule. */
public final class Settings {
    private static final Map<String, String> GIVEN = Map.of(
            "lanyard.kafka", "-",
            "lanyard.door.url", "https://door.example.org/v3",
            "lanyard.door.overlap", "1h",
            // Nobody is turned away for want of a turn: a coroutine does not wait for a thread.
            "lanyard.door.fetches", "1000",
            "lanyard.door.patience", "1h",
            "lanyard.delete-deadline", "1h",
            "lanyard.reconcile.longest-retry", "10m");
    /** Of so few clusters all may be orphans, or unlisted. */
    private static final Map<String, String> WHERE_WHAT_IS_LOST_IS_FOUND = Map.of(
            "lanyard.conductor.interval", "10m",
            "lanyard.conductor.grace", "20m",
            "lanyard.conductor.share", "1",
            "lanyard.sweep.interval", "5m",
            "lanyard.sweep.grace", "5m",
            "lanyard.sweep.share", "1");

    private static final URI CONDUCTOR = URI.create("https://conductor.example.org/v1");
    private static final Map<Key, Settings> MADE = new ConcurrentHashMap<>();
    private static final KeyRing KEYS = keys("k1");
    private static final KeyRing NEW_KEYS = keys("k2");
    private static final Seal SEAL = recipient();

    private final Map<String, Profile> profiles = new TreeMap<>();
    private final Map<Class<?>, Object> mappings = new ConcurrentHashMap<>();

    private record Key(SortedMap<String, Plan.Profile> profiles, boolean asksConductor) {}

    private final boolean asksConductor;

    private Settings(Key key) {
        asksConductor = key.asksConductor();
        key.profiles()
                .forEach((purpose, profile) -> profiles.put(purpose, new Profile() {
                    @Override
                    public Set<String> roles() {
                        return profile.roles();
                    }

                    @Override
                    public Trusteeship trustee() {
                        return profile.trustee();
                    }
                }));
    }

    static Settings of(Plan plan) {
        return MADE.computeIfAbsent(new Key(plan.profiles(), plan.asksConductor()), Settings::new);
    }

    /** The settings of one kind. */
    public <T> T of(Class<T> kind) {
        return kind.cast(mappings.computeIfAbsent(
                kind,
                one -> mapping(
                        one,
                        Objects.requireNonNull(one.getAnnotation(ConfigMapping.class))
                                .prefix())));
    }

    /** The master keys, of which the first is the current one, or another. */
    KeyRing keyRing(boolean another) {
        return another ? NEW_KEYS : KEYS;
    }

    /** Seals to a recipient whom nobody knows. */
    public Seal seal() {
        return SEAL;
    }

    // ---- Reading them, as SmallRye Config does it with the help of generated classes

    private Object mapping(Class<?> kind, String prefix) {
        var values = new ConcurrentHashMap<String, Object>();
        InvocationHandler reading = (proxy, method, arguments) -> {
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(proxy, method, arguments);
            }
            return method.getParameterCount() > 0
                    ? proxy == arguments[0]
                    : values.computeIfAbsent(method.getName(), name -> value(method, prefix + "." + kebab(name)));
        };
        return Proxy.newProxyInstance(kind.getClassLoader(), new Class<?>[] {kind}, reading);
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private Object value(Method method, String name) {
        var type = method.getReturnType();
        if (type == Map.class) {
            return profiles;
        }
        if (type == Optional.class) {
            return asksConductor && name.equals("lanyard.conductor.url") ? Optional.of(CONDUCTOR) : Optional.empty();
        }
        if (type.isInterface() && type != List.class && type != Path.class) {
            return mapping(type, name);
        }
        var byDefault = method.getAnnotation(WithDefault.class);
        return convert(
                type,
                WHERE_WHAT_IS_LOST_IS_FOUND.getOrDefault(
                        name, GIVEN.getOrDefault(name, byDefault == null ? "" : byDefault.value())));
    }

    private static Object convert(Class<?> type, String text) {
        if (type == String.class) {
            return text;
        } else if (type == int.class) {
            return Integer.valueOf(text);
        } else if (type == long.class) {
            return Long.valueOf(text);
        } else if (type == double.class) {
            return Double.valueOf(text);
        } else if (type == boolean.class) {
            return Boolean.valueOf(text);
        } else if (type == Duration.class) {
            return Duration.parse("PT" + text);
        } else if (type == Path.class) {
            return Path.of(text);
        } else if (type == List.class) {
            return List.of(text.split(","));
        }
        for (var constant : type.getEnumConstants()) {
            if (constant.toString().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw new UnsupportedOperationException("a setting of " + type);
    }

    private static KeyRing keys(String current) {
        var first = new byte[32];
        Arrays.fill(first, (byte) 7);
        var second = new byte[32];
        Arrays.fill(second, (byte) 8);
        return KeyRing.of(Map.of("k1", first, "k2", second), current);
    }

    private static Seal recipient() {
        try {
            var pairs = KeyPairGenerator.getInstance("RSA");
            pairs.initialize(2048);
            var key = new RSAKey.Builder((RSAPublicKey) pairs.generateKeyPair().getPublic())
                    .keyID("conductor")
                    .build();
            var file = Files.createTempFile("recipients", ".json");
            try {
                Files.writeString(file, new JWKSet(key).toString());
                return Seal.read(file);
            } finally {
                Files.delete(file);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
