package lanyard.local.terminal;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Something went wrong that the person at the terminal can mend: what it was, and what to do about it. */
public final class Trouble extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String whatToDo;

    public Trouble(String whatWentWrong, String whatToDo) {
        this(whatWentWrong, whatToDo, null);
    }

    public Trouble(String whatWentWrong, String whatToDo, @Nullable Throwable cause) {
        super(whatWentWrong, cause);
        this.whatToDo = whatToDo;
    }

    public String whatToDo() {
        return whatToDo;
    }

    /** Everything in one line, the only thing that a user sees of it. */
    public String oneLine() {
        return (getMessage() + ": " + whatToDo).replaceAll("\\s+", " ").strip();
    }
}
