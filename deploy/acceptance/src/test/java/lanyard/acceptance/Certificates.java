package lanyard.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Authorities and their certificates in a directory, each as NAME.crt with its key as NAME.key, made by openssl. */
record Certificates(Path directory) {
    void makeAuthority(String name) {
        make(name, "basicConstraints=critical,CA:true");
    }

    /** @param names by which its owner is reached, such as {@code IP:127.0.0.1,DNS:localhost} */
    void make(String name, String authority, String names) {
        make(
                name,
                "basicConstraints=CA:false",
                "-addext",
                "subjectAltName=" + names,
                "-CA",
                authority + ".crt",
                "-CAkey",
                authority + ".key");
    }

    private void make(String name, String extension, String... more) {
        var arguments = new ArrayList<>(List.of("req", "-x509", "-days", "2", "-subj", "/CN=" + name));
        arguments.addAll(List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"));
        arguments.addAll(List.of("-keyout", name + ".key", "-out", name + ".crt", "-addext", extension));
        arguments.addAll(List.of(more));
        openssl(arguments.toArray(String[]::new));
    }

    void openssl(String... arguments) {
        var command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        try {
            var openssl = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
            var output = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (openssl.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
