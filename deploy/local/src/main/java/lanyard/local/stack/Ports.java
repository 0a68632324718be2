package lanyard.local.stack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.function.IntPredicate;
import lanyard.local.terminal.Trouble;

/**
 * Which port each part listens on: the one that was asked for, else the one that it had last time, else a free one. A home starts
 * its search at a place of its own, so that the ports stay the same and two homes seldom want the same one; and below the range
 * from which the kernel takes ports for outgoing connections, so that none is lost between two starts.
 */
final class Ports {
    private static final int FIRST = 20_000;
    private static final int COUNT = 12_000;

    private final Ledger ledger;
    private final Map<String, Integer> wanted;
    private final IntPredicate free;
    private int next;

    Ports(Home home, Ledger ledger, Map<String, Integer> wanted) {
        this(home, ledger, wanted, Ports::isFree);
    }

    Ports(Home home, Ledger ledger, Map<String, Integer> wanted, IntPredicate free) {
        this.ledger = ledger;
        this.wanted = wanted;
        this.free = free;
        // Names that are alike have hash codes side by side; multiplying by the golden ratio spreads them.
        this.next = Math.floorMod((home.toString().hashCode() * 0x9E3779B9) >>> 8, COUNT);
    }

    /** The port on which a part that is not running now shall listen. */
    synchronized int choose(String name) {
        var given = wanted.get(name);
        if (given != null) {
            if (!free.test(given)) {
                throw new Trouble(
                        "port " + given + " for " + name + " is taken", "give another by --" + name + "-port");
            }
            ledger.port(name, given);
            return given;
        }
        var last = ledger.port(name).filter(free::test);
        if (last.isPresent()) {
            return last.get();
        }
        var taken = ledger.ports();
        for (int tried = 0; tried < COUNT; tried++) {
            int port = FIRST + next++ % COUNT;
            if (!taken.contains(port) && !wanted.containsValue(port) && free.test(port)) {
                ledger.port(name, port);
                return port;
            }
        }
        throw new Trouble("no free port for " + name, "give one by --" + name + "-port");
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
