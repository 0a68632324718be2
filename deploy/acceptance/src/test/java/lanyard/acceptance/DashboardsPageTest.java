package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** {@code docs/dashboards.md} shows every dashboard, and says on which of them an alert is looked into. */
class DashboardsPageTest {
    private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();
    private static final Path DOCS = ROOT.resolve("docs");
    private static final Pattern SECTION = Pattern.compile("(?ms)^## (?<title>[^\\n]+)\\n(?<text>.*?)(?=^## |\\z)");
    /** A page that somebody opens at night over a bad line. */
    private static final int KIBIBYTES = 300;

    @Test
    void eachDashboardHasASectionWithItsPicture() throws IOException {
        var sections = sections();
        for (var dashboard : files(ROOT.resolve("deploy/monitoring/dashboards"))) {
            var title =
                    new ObjectMapper().readTree(dashboard.toFile()).get("title").asText();
            var picture = "pictures/" + name(dashboard) + ".png";

            assertThat(sections).containsKey(title);
            assertThat(sections.get(title)).as(title).contains("](" + picture + ")");
            assertThat(ImageIO.read(DOCS.resolve(picture).toFile()).getWidth())
                    .as(picture)
                    .isBetween(1200, 1600);
            assertThat(Files.size(DOCS.resolve(picture))).as(picture).isLessThan(KIBIBYTES * 1024);
        }
    }

    @Test
    void thereIsNoPictureOfADashboardThatIsGone() throws IOException {
        assertThat(names(DOCS.resolve("pictures"))).isEqualTo(names(ROOT.resolve("deploy/monitoring/dashboards")));
    }

    @Test
    void eachAlertIsLookedIntoOnOneOfThem() throws IOException {
        var page = String.join("", sections().values());
        for (var alert : names(DOCS.resolve("runbooks"))) {
            assertThat(page).contains("](runbooks/" + alert + ".md)");
        }
    }

    private static Map<String, String> sections() throws IOException {
        return SECTION.matcher(Files.readString(DOCS.resolve("dashboards.md")))
                .results()
                .collect(Collectors.toMap(section -> section.group("title"), section -> section.group("text")));
    }

    private static List<String> names(Path directory) throws IOException {
        return files(directory).stream().map(DashboardsPageTest::name).toList();
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString().replaceFirst("\\.[a-z]+$", "");
    }
}
