package lanyard.build;

import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.BytecodeTransformerBuildItem;
import io.quarkus.deployment.builditem.MainBytecodeRecorderBuildItem;
import io.quarkus.deployment.builditem.StaticBytecodeRecorderBuildItem;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jboss.threads.EnhancedQueueExecutor;

/**
 * Ends what {@code .mvn/jvm.config} begins: a build whose steps run one after the other. Quarkus 3.34 numbers what they record in the
 * order in which they come to it, so side by side they would make something else each time. Later ones number by step
 * (quarkusio/quarkus#53025): then this goes. The other options there take chance out of the order of sets of classes, which follows
 * {@code Object.hashCode}, and out of the names in Hibernate's proxies.
 */
public class OneAfterTheOther {
    private static final int THREADS = 8;

    /** What is left to do once all is recorded, changing classes and packing jars, hands its work to other threads and waits for them. */
    @BuildStep
    void allowThreads(
            List<StaticBytecodeRecorderBuildItem> recorded,
            List<MainBytecodeRecorderBuildItem> recordedToo,
            ExecutorService threads,
            BuildProducer<BytecodeTransformerBuildItem> awaited) {
        ((EnhancedQueueExecutor) threads).setMaximumPoolSize(THREADS);
    }
}
