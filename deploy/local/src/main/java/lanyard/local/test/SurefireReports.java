package lanyard.local.test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import lanyard.local.stack.Home;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/** The results of all tests of all modules, as Maven's test plugins wrote them. */
record SurefireReports(List<Result> results) {
    private static final List<String> DIRECTORIES = List.of("surefire-reports", "failsafe-reports");

    /** How a test ended. */
    enum Outcome {
        PASSED,
        SKIPPED,
        FAILED
    }

    /** @param reason why it was skipped or failed, in one line */
    record Result(String test, Outcome outcome, String reason) {}

    /** Removes all reports, so that no old result can pass for a new one. */
    static void forget(Path checkout) {
        for (var directory : directories(checkout)) {
            Home.deleteTree(directory);
        }
    }

    static SurefireReports read(Path checkout) {
        var results = new ArrayList<Result>();
        for (var directory : directories(checkout)) {
            try (var files = Files.newDirectoryStream(directory, "TEST-*.xml")) {
                for (var file : files) {
                    try (var stream = Files.newInputStream(file)) {
                        results.addAll(parse(stream));
                    }
                }
            } catch (IOException | XMLStreamException e) {
                throw new Trouble("the test reports in " + directory + " can't be read", "run ./lanyard test again", e);
            }
        }
        return new SurefireReports(results);
    }

    List<Result> with(Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).toList();
    }

    /** The one line that a test run ends with. */
    String summary() {
        return "%d passed, %d failed, %d skipped"
                .formatted(
                        with(Outcome.PASSED).size(),
                        with(Outcome.FAILED).size(),
                        with(Outcome.SKIPPED).size());
    }

    private static List<Path> directories(Path checkout) {
        var found = new ArrayList<Path>();
        try {
            Files.walkFileTree(checkout, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    var name = directory.getFileName().toString();
                    if (name.equals("target")) {
                        DIRECTORIES.stream()
                                .map(directory::resolve)
                                .filter(Files::isDirectory)
                                .forEach(found::add);
                    }
                    // Modules have no hidden directories above them; homes of stacks and version control are hidden.
                    boolean skip = !directory.equals(checkout)
                            && (name.equals("target") || name.equals("src") || name.startsWith("."));
                    return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new Trouble("can't look for test reports in " + checkout, "check that it can be read", e);
        }
        return found;
    }

    static List<Result> parse(InputStream stream) throws XMLStreamException {
        var factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        var reader = factory.createXMLStreamReader(stream);
        var results = new ArrayList<Result>();
        while (reader.hasNext()) {
            if (reader.next() == XMLStreamConstants.START_ELEMENT
                    && reader.getLocalName().equals("testcase")) {
                results.add(testcase(reader));
            }
        }
        return results;
    }

    private static Result testcase(XMLStreamReader reader) throws XMLStreamException {
        var name = reader.getAttributeValue(null, "name");
        var type = reader.getAttributeValue(null, "classname");
        var test = name == null || name.isEmpty() ? type : type + " › " + name;
        var outcome = Outcome.PASSED;
        var reason = "";
        while (true) {
            int event = reader.next();
            if (event == XMLStreamConstants.END_ELEMENT && reader.getLocalName().equals("testcase")) {
                return new Result(String.valueOf(test), outcome, reason);
            }
            if (event != XMLStreamConstants.START_ELEMENT) {
                continue;
            }
            var found =
                    switch (reader.getLocalName()) {
                        case "failure", "error" -> Outcome.FAILED;
                        case "skipped" -> Outcome.SKIPPED;
                        default -> Outcome.PASSED;
                    };
            if (found.compareTo(outcome) > 0) {
                outcome = found;
                reason = firstLine(reader.getAttributeValue(null, "message"), reader.getAttributeValue(null, "type"));
            }
        }
    }

    private static String firstLine(@Nullable String message, @Nullable String type) {
        return message != null && !message.isBlank()
                ? message.strip().lines().findFirst().orElse("")
                : type == null ? "no reason given" : type;
    }
}
