package lanyard.build;

import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.GeneratedClassBuildItem;
import io.quarkus.deployment.builditem.GeneratedResourceBuildItem;
import io.quarkus.deployment.builditem.TransformedClassesBuildItem;
import io.quarkus.deployment.builditem.TransformedClassesBuildItem.TransformedClass;
import io.quarkus.deployment.pkg.builditem.UberJarIgnoredResourceBuildItem;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Packs the classes that are changed in the order of their names. Quarkus 3.34 packs them in the order of the paths of the jars that they
 * come from, some of which are in the checkout and some in Maven's repository: which come first depends on where these two are.
 */
public class OrderedByName {
    /** Waits for all that is generated, as the jars do: so nothing else has these classes in hand. It makes nothing but the order. */
    @BuildStep
    @Nullable
    UberJarIgnoredResourceBuildItem asIfFromOneJar(
            TransformedClassesBuildItem transformed,
            List<GeneratedClassBuildItem> classes,
            List<GeneratedResourceBuildItem> resources) {
        var byJar = transformed.getTransformedClassesByJar();
        var changed = new HashSet<TransformedClass>();
        // What has no data is to be left out of its own jar.
        byJar.values().forEach(ofJar -> ofJar.removeIf(file -> file.getData() != null && changed.add(file)));
        byJar.put(Path.of(""), changed);
        return null;
    }
}
