package lanyard.common.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import lanyard.common.secrets.KeyRing.Purpose;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRingTest {
    private static final String CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    private static final byte[] OLD_KEY = key(1);
    private static final byte[] NEW_KEY = key(2);

    @TempDir
    Path directory;

    // What a secret is

    @Property(tries = 500)
    void theSameInputsGiveTheSameSecretInEveryProcessAndReplica(
            @ForAll @Size(min = 32, max = 64) byte[] key,
            @ForAll Purpose purpose,
            @ForAll("owners") String owner,
            @ForAll @IntRange(min = 1) int generation) {
        var here = KeyRing.of(Map.of("k", key), "k").derive("k", purpose, owner, generation);
        var there =
                KeyRing.of(Map.of("k", key.clone(), "other", NEW_KEY), "other").derive("k", purpose, owner, generation);

        assertThat(here).isEqualTo(there);
    }

    @Property(tries = 500)
    void itIsHkdfOfRfc5869(
            @ForAll @Size(min = 32, max = 200) byte[] key,
            @ForAll Purpose purpose,
            @ForAll("owners") String owner,
            @ForAll @IntRange(min = 1) int generation)
            throws GeneralSecurityException {
        var info = purpose.name().toLowerCase(Locale.ROOT) + "/" + owner + "/" + generation;
        var byHand = hkdf(key, "lanyard/1".getBytes(StandardCharsets.UTF_8), info.getBytes(StandardCharsets.UTF_8));

        assertThat(KeyRing.of(Map.of("k", key), "k")
                        .derive("k", purpose, owner, generation)
                        .reveal())
                .isEqualTo(Base64.getUrlEncoder().withoutPadding().encodeToString(byHand));
    }

    /** What is in Keystone today was derived so: whoever changes this locks every cluster out. */
    @ParameterizedTest
    @EnumSource(Purpose.class)
    void theDerivationNeverChanges(Purpose purpose) {
        var expected =
                switch (purpose) {
                    case CUSTODIAN -> "p2RegtAJniZA8tlUZ_V1j8b3sn59hRCOzjlDX2axsKo";
                    case TRUSTEE -> "enWZAS1ydz4F3D27BCX8I1d6g7x28eBvtqYrrhG_M7I";
                    case ISSUER -> "vfe-bXrn7FaA0GBD_JNAQAn6wUP2c-gWlJDOWnf7wR4";
                    case CLIENT -> "mkXYRiViXKT2DMNl1tPgnmAJPNlkAwgKd6gUpawxbck";
                };

        var key = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);
        assertThat(KeyRing.of(Map.of("k", key), "k")
                        .derive("k", purpose, CLUSTER, 1)
                        .reveal())
                .isEqualTo(expected);
    }

    @Test
    void anyDifferingInputGivesAnotherSecret() {
        var secrets = new HashSet<Secret>();
        var ring = ring();
        int made = 0;
        for (var key : new String[] {"old", "new"}) {
            for (var purpose : Purpose.values()) {
                for (var owner : new String[] {CLUSTER, CLUSTER.toUpperCase(Locale.ROOT), CLUSTER + "1", "1", "11"}) {
                    for (int generation : new int[] {1, 2, 11, 111}) {
                        secrets.add(ring.derive(key, purpose, owner, generation));
                        made++;
                    }
                }
            }
        }

        assertThat(secrets).hasSize(made);
    }

    @Test
    void allOfItCountsForBcrypt() {
        // Keystone's bcrypt silently looks at 72 bytes only, and takes no NUL.
        assertThat(ring().derive("old", Purpose.TRUSTEE, CLUSTER, 1).reveal()).matches("[A-Za-z0-9_-]{43}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "a/b/1", "../x", "a b", "a\u0000", "é", "a\nb"})
    void anOwnerThatCouldBeMistakenForAnotherIsRefused(String owner) {
        assertThatThrownBy(() -> ring().derive("old", Purpose.CLIENT, owner, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // How the master key is changed

    @Test
    void theOldKeyStillDerivesAfterAnotherBecameCurrent() {
        var before = KeyRing.of(Map.of("old", OLD_KEY), "old");
        var after = KeyRing.of(Map.of("old", OLD_KEY, "new", NEW_KEY), "new");

        assertThat(before.current()).isEqualTo("old");
        assertThat(after.current()).isEqualTo("new");
        assertThat(after.derive("old", Purpose.TRUSTEE, CLUSTER, 1))
                .isEqualTo(before.derive("old", Purpose.TRUSTEE, CLUSTER, 1))
                .isNotEqualTo(after.derive("new", Purpose.TRUSTEE, CLUSTER, 1));
    }

    @Test
    void aKeyThatWasTakenOutDerivesNothingMore() {
        var ring = KeyRing.of(Map.of("new", NEW_KEY), "new");

        assertThat(ring.has("new")).isTrue();
        assertThat(ring.has("old")).isFalse();
        assertThatThrownBy(() -> ring.derive("old", Purpose.TRUSTEE, CLUSTER, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'old'");
    }

    // Where it is read from

    @Test
    void aDirectoryHoldsOneFileForEachKey() throws IOException {
        write("old", OLD_KEY);
        Files.writeString(directory.resolve("new"), Base64.getEncoder().encodeToString(NEW_KEY) + "\n");

        var read = KeyRing.read(directory, "new");

        assertThat(read.current()).isEqualTo("new");
        assertThat(read.derive("old", Purpose.CLIENT, CLUSTER, 3))
                .isEqualTo(ring().derive("old", Purpose.CLIENT, CLUSTER, 3));
        assertThat(read.derive("new", Purpose.CLIENT, CLUSTER, 3))
                .isEqualTo(ring().derive("new", Purpose.CLIENT, CLUSTER, 3));
    }

    @Test
    void aMountedKubernetesSecretIsRead() throws IOException {
        var data = Files.createDirectory(directory.resolve("..2026_11_23_14_00_00.1"));
        Files.writeString(data.resolve("k1"), Base64.getEncoder().encodeToString(OLD_KEY));
        Files.createSymbolicLink(directory.resolve("..data"), data.getFileName());
        Files.createSymbolicLink(directory.resolve("k1"), Path.of("..data", "k1"));
        Files.writeString(directory.resolve(".hidden"), "not base64!");
        Files.writeString(directory.resolve("k1~"), "not base64!");
        Files.createDirectory(directory.resolve("k2"));

        var ring = KeyRing.read(directory, "k1");

        assertThat(ring.has("k1")).isTrue();
        assertThat(ring.has("k2")).isFalse();
        assertThat(ring).hasToString("KeyRing[k1]");
    }

    // What an operator is told

    @Test
    void aFileThatIsNotBase64IsNamedAndNotQuoted() throws IOException {
        Files.writeString(directory.resolve("k1"), "SECRETKEY*SECRETKEY*SECRETKEY*SECRETKEY*");

        assertThatThrownBy(() -> KeyRing.read(directory, "k1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(directory.resolve("k1").toString())
                .satisfies(e -> assertThat(traceOf(e)).doesNotContain("SECRETKEY", "*", "2a"));
    }

    @Test
    void aFileOfRawBytesIsNamedAndNotQuoted() throws IOException {
        Files.write(directory.resolve("k1"), key(200));

        assertThatThrownBy(() -> KeyRing.read(directory, "k1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(directory.resolve("k1").toString());
    }

    @Test
    void aShortKeyIsRefusedAndTheMessageTellsHowToMakeOne() throws IOException {
        write("k1", "short-short-short-short-short-3".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> KeyRing.read(directory, "k1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'k1'")
                .hasMessageContaining("openssl rand")
                .satisfies(e -> assertThat(traceOf(e)).doesNotContain("short-short"));
    }

    @Test
    void anEmptyFileIsAShortKey() throws IOException {
        Files.writeString(directory.resolve("k1"), "\n");

        assertThatThrownBy(() -> KeyRing.read(directory, "k1")).hasMessageContaining("'k1'");
    }

    @Test
    void everyKeyIsCheckedAndNotOnlyTheCurrentOne() throws IOException {
        write("k1", NEW_KEY);
        write("k0", new byte[16]);

        assertThatThrownBy(() -> KeyRing.read(directory, "k1")).hasMessageContaining("'k0'");
    }

    @Test
    void aCurrentKeyThatIsNotThereIsNamed() throws IOException {
        write("k1", OLD_KEY);

        assertThatThrownBy(() -> KeyRing.read(directory, "k2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'k2'");
    }

    @Test
    void aDirectoryThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> KeyRing.read(directory.resolve("missing"), "k1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(directory.resolve("missing").toString());
    }

    @Test
    void itPrintsIdsOnly() {
        assertThat(ring().toString()).isIn("KeyRing[old, new]", "KeyRing[new, old]");
    }

    @Provide
    Arbitrary<String> owners() {
        return Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('A', 'Z')
                .numeric()
                .withChars("._-")
                .ofMinLength(1)
                .ofMaxLength(128);
    }

    private static KeyRing ring() {
        return KeyRing.of(Map.of("old", OLD_KEY, "new", NEW_KEY), "old");
    }

    private static byte[] key(int seed) {
        var key = new byte[32];
        new java.util.Random(seed).nextBytes(key);
        return key;
    }

    private void write(String id, byte[] key) throws IOException {
        Files.writeString(directory.resolve(id), Base64.getEncoder().encodeToString(key));
    }

    private static String traceOf(Throwable e) {
        var trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }

    /** RFC 5869, section 2, from HMAC alone; 32 bytes are the first block. */
    private static byte[] hkdf(byte[] key, byte[] salt, byte[] info) throws GeneralSecurityException {
        var pseudorandomKey = hmac(salt, key);
        var block = new ByteArrayOutputStream();
        block.writeBytes(info);
        block.write(1);
        return hmac(pseudorandomKey, block.toByteArray());
    }

    private static byte[] hmac(byte[] key, byte[] content) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(content);
    }
}
