package lanyard.common.secrets;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.Security;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The master keys, by id, and the derivation of every other secret from them.
 *
 * <p>A secret is derived and never stored: HKDF-SHA256 (RFC 5869, the JDK's {@link KDF}) over the master key, with the secret's
 * {@link Purpose}, owner and generation as {@code info}. Whoever crashes derives the same secret again. Rows and events hold the
 * key's id, so a new master key can become current while credentials of an older one live on.
 */
public final class KeyRing {
    /** The shortest master key: the length of SHA-256's output, in bytes. */
    static final int SHORTEST_KEY = 32;

    private static final int DERIVED_BYTES = 32;
    private static final byte[] SALT = "lanyard/1".getBytes(StandardCharsets.UTF_8);
    private static final String HKDF = "HKDF-SHA256";
    // Looked for once, and not at every login.
    private static final Provider PROVIDER = provider();
    private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern OWNER = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    /** By id: the pseudorandom key, which is what HKDF-Extract makes of a master key (RFC 5869, 2.2). */
    private final Map<String, SecretKeySpec> keys;

    private final String current;

    private KeyRing(Map<String, Secret> keys, String current) {
        if (!keys.containsKey(current)) {
            throw new IllegalArgumentException(
                    "the key ring has no key '%s': put a file of that name into its directory, or name one that is there"
                            .formatted(current));
        }
        keys.forEach((id, key) -> {
            if (key.revealBytes().length < SHORTEST_KEY) {
                throw new IllegalArgumentException(
                        "master key '%s' is shorter than %d bytes: make one with `openssl rand -base64 32`"
                                .formatted(id, SHORTEST_KEY));
            }
        });
        this.keys = keys.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> extract(entry.getValue())));
        this.current = current;
    }

    /** A ring of the given raw keys; {@code current} is the id of the one that new credentials use. */
    public static KeyRing of(Map<String, byte[]> keys, String current) {
        return new KeyRing(
                keys.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> Secret.of(e.getValue()))),
                current);
    }

    /**
     * Reads a directory that holds one file per master key: the file's name is the key's id, its content the key in base64. That
     * is the shape of a mounted Kubernetes secret, whose hidden bookkeeping entries are passed over.
     *
     * @throws IllegalArgumentException when a key can't be read, is not base64, is too short, or {@code current} is not there;
     *     the message names the file and never its content
     */
    public static KeyRing read(Path directory, String current) {
        try (var files = Files.list(directory)) {
            return new KeyRing(
                    files.filter(Files::isRegularFile)
                            .filter(file -> KEY_ID.matcher(file.getFileName().toString())
                                    .matches())
                            .collect(Collectors.toMap(file -> file.getFileName().toString(), KeyRing::readKey)),
                    current);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "can't read the key ring's directory " + directory + ": " + e.getMessage(), e);
        }
    }

    private static Secret readKey(Path file) {
        try {
            return Secret.of(Base64.getDecoder().decode(Files.readString(file).strip()));
        } catch (IOException e) {
            throw new IllegalArgumentException("can't read the master key file " + file, e);
        } catch (IllegalArgumentException e) {
            // The decoder's message quotes a byte of the key: leave it out.
            throw new IllegalArgumentException("the master key file " + file + " is not base64");
        }
    }

    /** The id of the key that new credentials are derived from. */
    public String current() {
        return current;
    }

    /** Whether this ring can still derive what was derived from the key {@code id}. */
    public boolean has(String id) {
        return keys.containsKey(id);
    }

    /**
     * The secret that serves {@code purpose} for {@code owner} in its {@code generation}: 43 characters of base64url, which is
     * 256 bits and stays under the 72 bytes that bcrypt looks at (CVE-2021-3563).
     *
     * @param keyId id of the master key; one the ring no longer holds is an {@link IllegalArgumentException}
     * @param owner id of what the secret belongs to: a cluster's UUID, a project's id, or one of these with a purpose's name
     */
    public Secret derive(String keyId, Purpose purpose, String owner, int generation) {
        var key = keys.get(keyId);
        if (key == null) {
            throw new IllegalArgumentException("the key ring has no key '%s' any more".formatted(keyId));
        }
        if (!OWNER.matcher(owner).matches()) {
            throw new IllegalArgumentException("not the id of an owner of secrets");
        }
        // No part can hold a '/', so no two secrets share an info.
        var info = purpose.label + '/' + owner + '/' + generation;
        var derived = derive(HKDFParameterSpec.expandOnly(key, info.getBytes(StandardCharsets.UTF_8), DERIVED_BYTES));
        return Secret.of(Base64.getUrlEncoder().withoutPadding().encodeToString(derived));
    }

    private static SecretKeySpec extract(Secret master) {
        return new SecretKeySpec(
                derive(HKDFParameterSpec.ofExtract()
                        .addIKM(master.revealBytes())
                        .addSalt(SALT)
                        .extractOnly()),
                HKDF);
    }

    private static byte[] derive(HKDFParameterSpec how) {
        try {
            return KDF.getInstance(HKDF, PROVIDER).deriveData(how);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + HKDF, e);
        }
    }

    private static Provider provider() {
        return Arrays.stream(Security.getProviders("KDF." + HKDF))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("this JDK has no " + HKDF));
    }

    /** What a derived secret is for. The names are part of the derivation: renaming one changes every secret of it. */
    public enum Purpose {
        /** The Keystone password of a project's custodian; owned by the project. */
        CUSTODIAN,
        /** The Keystone password of a cluster's trustee; owned by the cluster. */
        TRUSTEE,
        /** The Keystone password of the token issuer's own user; owned by that user's name. */
        ISSUER,
        /** The client credential's secret, which only the door understands; owned by the client credential's id. */
        CLIENT;

        private final String label = name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return "KeyRing" + keys.keySet();
    }
}
