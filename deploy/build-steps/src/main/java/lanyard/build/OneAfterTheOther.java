package lanyard.build;

import io.quarkus.builder.BuildChainBuilder;
import io.quarkus.builder.BuildProvider;
import io.quarkus.builder.item.SimpleBuildItem;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.BytecodeTransformerBuildItem;
import io.quarkus.deployment.builditem.MainBytecodeRecorderBuildItem;
import io.quarkus.deployment.builditem.StaticBytecodeRecorderBuildItem;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jboss.threads.EnhancedQueueExecutor;

/**
 * Makes whole what {@code .mvn/jvm.config} begins: a build whose steps run one after the other, in the same order each time. Quarkus 3.34
 * numbers what they record in the order in which they come to it, so otherwise they would make something else each time. Later ones
 * number by step (quarkusio/quarkus#53025): then this goes. The other options there take chance out of the order of sets of classes,
 * which follows {@code Object.hashCode}, out of the names in Hibernate's proxies, and out of the order of what Byte Buddy reads of a class
 * by reflection, which follows the addresses that its methods' names have in the JVM's memory. Byte Buddy sorts if it is told that GraalVM's
 * agent watches; 1.18.8 does if {@code net.bytebuddy.reproducible} is set.
 */
public class OneAfterTheOther implements BuildProvider {
    private static final int THREADS = 8;

    /** The first step is done. That it is there is all there is to it. */
    public static final class Begun extends SimpleBuildItem {}

    /**
     * One step that all others wait for. Those that wait for nothing are handed to the builder's thread one by one, and it has done some
     * of them by then and handed itself what waited for these: on a machine that is busy, in between.
     */
    @Override
    public void installInto(BuildChainBuilder builder) {
        builder.addBuildStep(context -> context.produce(new Begun()))
                .produces(Begun.class)
                .build()
                .addFinal(Begun.class)
                .addPriorityItem(Begun.class);
    }

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
