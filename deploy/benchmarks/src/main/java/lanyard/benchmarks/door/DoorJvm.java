package lanyard.benchmarks.door;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import lanyard.local.terminal.Trouble;

/** The door's own JVM, asked through the JDK's attach mechanism: nothing has to be configured, and nothing of it shows in a request. */
final class DoorJvm implements AutoCloseable {
    private final long pid;
    private final JMXConnector connector;
    private final MBeanServerConnection beans;

    private DoorJvm(long pid, JMXConnector connector) throws IOException {
        this.pid = pid;
        this.connector = connector;
        this.beans = connector.getMBeanServerConnection();
    }

    @SuppressWarnings(
            "BanJNDI") // The address is from the JVM that was just attached to: a process of our own, on this machine.
    static DoorJvm attach(ProcessHandle door) {
        try {
            var machine = VirtualMachine.attach(String.valueOf(door.pid()));
            try {
                var url = new JMXServiceURL(machine.startLocalManagementAgent());
                return new DoorJvm(door.pid(), JMXConnectorFactory.connect(url));
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException | IOException e) {
            throw new Trouble("can't look into the door's JVM (" + e.getMessage() + ")", "run as the same user", e);
        }
    }

    /** How many bytes all of its threads have allocated since it started. */
    long allocatedBytes() {
        return (long) attribute(ManagementFactory.THREAD_MXBEAN_NAME, "TotalThreadAllocatedBytes");
    }

    /** What is in use on the heap after a collection. */
    long heapBytesAfterCollection() {
        try {
            beans.invoke(new ObjectName(ManagementFactory.MEMORY_MXBEAN_NAME), "gc", null, null);
        } catch (JMException | IOException e) {
            throw silent(e);
        }
        return (long) ((CompositeData) attribute(ManagementFactory.MEMORY_MXBEAN_NAME, "HeapMemoryUsage")).get("used");
    }

    private Object attribute(String bean, String name) {
        try {
            return beans.getAttribute(new ObjectName(bean), name);
        } catch (JMException | IOException e) {
            throw silent(e);
        }
    }

    /** What the process has of the machine's memory. */
    long residentBytes() {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw silent(e);
        }
    }

    private static Trouble silent(Exception e) {
        return new Trouble("the door's JVM does not answer (" + e.getMessage() + ")", "look at the door's log", e);
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
