package lanyard.local.stack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import lanyard.local.terminal.Trouble;

/**
 * Takes root's powers from a part that has no use for them, or that refuses to run with them as PostgreSQL does. In a user
 * namespace in which root is called nobody a process has no capability on the system. The files that root owns are still its own,
 * so there are no users to create and no directories to hand over; nor does it keep a part from writing where root may.
 */
final class Confinement {
    private static final List<String> AS_NOBODY = List.of("unshare", "--user", "--map-user=65534", "--map-group=65534");

    private final List<String> prefix;

    private Confinement(List<String> prefix) {
        this.prefix = prefix;
    }

    static Confinement none() {
        return new Confinement(List.of());
    }

    static Confinement forThisUser() {
        if (!Machine.root()) {
            return none();
        }
        if (!works()) {
            throw new Trouble(
                    "PostgreSQL does not run as root, and this machine does not let root make a user namespace",
                    "run as another user, or give a server by --postgres and --keystone-url");
        }
        return new Confinement(AS_NOBODY);
    }

    private static boolean works() {
        try {
            var probe = new ArrayList<>(AS_NOBODY);
            probe.add("true");
            return new ProcessBuilder(probe)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    List<String> of(List<String> command) {
        var confined = new ArrayList<>(prefix);
        confined.addAll(command);
        return confined;
    }
}
