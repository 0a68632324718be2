package lanyard.local.bootstrap;

/** A call as a person is told of it: what was asked, what for, and what came of it. */
public record Call(String method, String path, String what, String result) {
    @Override
    public String toString() {
        return "%-6s %s  %s: %s".formatted(method, path, what, result);
    }
}
