package lanyard.local.stack;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import lanyard.local.terminal.Trouble;

/** Held by a command while it changes what runs in a home, so that two of them can't get into each other's way. */
final class HomeLock implements AutoCloseable {
    static final String FILE = "lock";

    private final FileChannel channel;

    private HomeLock(FileChannel channel) {
        this.channel = channel;
    }

    static HomeLock take(Home home) {
        home.makeDirectory(".");
        try {
            var channel = FileChannel.open(home.file(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() != null) {
                    return new HomeLock(channel);
                }
            } catch (OverlappingFileLockException e) {
                // Held by another thread of this process: the same answer as when another process holds it.
            }
            channel.close();
        } catch (IOException e) {
            throw new Trouble(
                    "can't write in " + home, "run as the user who started the stack, or name another --home", e);
        }
        throw new Trouble("another lanyard command is at work in " + home, "wait until it is done");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new Trouble("could not release the lock of the home", "run the command again", e);
        }
    }
}
