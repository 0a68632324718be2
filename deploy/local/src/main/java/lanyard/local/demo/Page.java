package lanyard.local.demo;

import java.util.ArrayList;
import java.util.List;
import lanyard.local.keystone.Named;
import lanyard.local.terminal.Terminal;

/** How the story is set on 80 columns. */
final class Page {
    private static final int COLUMNS = 80;

    private final Terminal terminal;

    Page(Terminal terminal) {
        this.terminal = terminal;
    }

    void fact(String what, String value) {
        terminal.line("  %-10s %s".formatted(what, value));
    }

    /** With the beginning of the id: enough to recognise it elsewhere. */
    void fact(String what, Named named) {
        var id = named.id().substring(0, Math.min(8, named.id().length()));
        fact(what, named.name() + " " + terminal.dim("(" + id + "…)"));
    }

    /** Somebody else's words, set in and wrapped. */
    void quote(String text) {
        for (var line : wrapped(text, COLUMNS - 6)) {
            terminal.line("      " + terminal.dim(line));
        }
    }

    void news(Overheard heard) {
        var news = heard.news();
        if (!news.isEmpty()) {
            terminal.line("  On lanyard.credentials:");
        }
        for (var event : news) {
            terminal.line("    " + event.headline());
            quote("  " + event.meaning());
        }
    }

    static List<String> wrapped(String text, int width) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (var word : text.strip().split("\\s+", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
