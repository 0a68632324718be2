package lanyard.local.conductor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.util.stream.Collectors;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A file by which an unmodified client of the cluster is told its credential. Whatever the values are, they stay values. */
public enum CredentialFormat {
    /** For openstacksdk and python-openstackclient: https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html */
    CLOUDS_YAML("clouds.yaml") {
        @Override
        public String of(ClientCredential credential) {
            return """
                    clouds:
                      cluster:
                        auth_type: v3applicationcredential
                        identity_api_version: "3"
                        auth:
                          auth_url: %s
                          application_credential_id: %s
                          application_credential_secret: %s
                    """
                    .formatted(
                            inYaml(credential.authUrl()),
                            inYaml(credential.applicationCredentialId()),
                            inYaml(credential.applicationCredentialSecret()));
        }
    },

    /**
     * For the Kubernetes cloud provider and the CSI drivers; the keys are those of section {@code Global} in cloud-provider-openstack's
     * docs/openstack-cloud-controller-manager/using-openstack-cloud-controller-manager.md.
     */
    CLOUD_CONF("cloud.conf") {
        @Override
        public String of(ClientCredential credential) {
            return """
                    [Global]
                    auth-url = %s
                    application-credential-id = %s
                    application-credential-secret = %s
                    """
                    .formatted(
                            inGcfg(credential.authUrl()),
                            inGcfg(credential.applicationCredentialId()),
                            inGcfg(credential.applicationCredentialSecret()));
        }
    },

    /** For a shell. A scope or a user left over from another openrc would make Keystone refuse the login, so they are unset. */
    OPENRC("openrc") {
        @Override
        public String of(ClientCredential credential) {
            return """
                    unset OS_CLOUD OS_TOKEN OS_USERNAME OS_USER_ID OS_PASSWORD OS_USER_DOMAIN_NAME OS_USER_DOMAIN_ID
                    unset OS_PROJECT_NAME OS_PROJECT_ID OS_PROJECT_DOMAIN_NAME OS_PROJECT_DOMAIN_ID
                    unset OS_DOMAIN_NAME OS_DOMAIN_ID OS_SYSTEM_SCOPE OS_TRUST_ID
                    export OS_IDENTITY_API_VERSION=3
                    export OS_AUTH_TYPE=v3applicationcredential
                    export OS_AUTH_URL=%s
                    export OS_APPLICATION_CREDENTIAL_ID=%s
                    export OS_APPLICATION_CREDENTIAL_SECRET=%s
                    """
                    .formatted(
                            inShell(credential.authUrl()),
                            inShell(credential.applicationCredentialId()),
                            inShell(credential.applicationCredentialSecret()));
        }
    },

    /** All that was inside the seal, also for clients that log in by password and trust. */
    JSON("json") {
        @Override
        public String of(ClientCredential credential) {
            try {
                return JsonMapper.builder()
                                .enable(SerializationFeature.INDENT_OUTPUT)
                                .build()
                                .writeValueAsString(credential)
                        + "\n";
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final String fileName;

    CredentialFormat(String fileName) {
        this.fileName = fileName;
    }

    /** The file's text. */
    public abstract String of(ClientCredential credential);

    @Override
    public String toString() {
        return fileName;
    }

    /** A double-quoted YAML scalar in plain ASCII: YAML 1.1 parsers differ on what else they take. */
    static String inYaml(String value) {
        return value.codePoints()
                .mapToObj(c -> switch (c) {
                    case '"' -> "\\\"";
                    case '\\' -> "\\\\";
                    default ->
                        c >= ' ' && c <= '~'
                                ? Character.toString(c)
                                : c <= 0xffff ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c);
                })
                .collect(Collectors.joining("", "\"", "\""));
    }

    /** A double-quoted value as <a href="https://pkg.go.dev/gopkg.in/gcfg.v1">gcfg</a> reads it: it has escapes for these only. */
    static String inGcfg(String value) {
        return value.codePoints()
                .mapToObj(c -> switch (c) {
                    case '"' -> "\\\"";
                    case '\\' -> "\\\\";
                    case '\n' -> "\\n";
                    case '\t' -> "\\t";
                    case '\b' -> "\\b";
                    default -> printable(c, CLOUD_CONF);
                })
                .collect(Collectors.joining("", "\"", "\""));
    }

    /** A single-quoted word of a POSIX shell. */
    static String inShell(String value) {
        return value.codePoints()
                .mapToObj(c -> c == '\'' ? "'\\''" : c == '\n' ? "\n" : printable(c, OPENRC))
                .collect(Collectors.joining("", "'", "'"));
    }

    private static String printable(int codePoint, CredentialFormat format) {
        if (Character.isISOControl(codePoint)) {
            throw new Trouble(
                    "the credential has a control character in it that %s can't carry".formatted(format),
                    "use --format json");
        }
        return Character.toString(codePoint);
    }

    static final class ByFileName implements ITypeConverter<CredentialFormat> {
        @Override
        public CredentialFormat convert(String fileName) {
            for (var format : values()) {
                if (format.fileName.equals(fileName)) {
                    return format;
                }
            }
            throw new TypeConversionException("one of clouds.yaml, cloud.conf, openrc, json is expected");
        }
    }
}
