package lanyard.common.events.wire;

/** That a message is refused. It never leaves the two parsers, which return it as a value. */
public final class Refusal extends Exception {
    private final Reason reason;

    /** @param detail what an operator needs to know; must not hold content of the message */
    public Refusal(Reason reason, String detail) {
        // No stack trace and no cause: hostile messages must be cheap, and causes quote what they could not read.
        super(detail, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    public String detail() {
        return String.valueOf(getMessage());
    }
}
