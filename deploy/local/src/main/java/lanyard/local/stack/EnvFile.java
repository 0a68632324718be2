package lanyard.local.stack;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import lanyard.local.terminal.Trouble;

/** The text of a file of variables that a shell can source, and that {@link #parse} reads back to the same values. */
public final class EnvFile {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern LINE = Pattern.compile("export ([A-Za-z_][A-Za-z0-9_]*)='(.*)'", Pattern.DOTALL);

    private EnvFile() {}

    public static String format(Map<String, String> variables) {
        var text = new StringBuilder();
        variables.forEach((name, value) -> {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("not a variable's name: " + name);
            }
            if (value.indexOf('\n') >= 0 || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("the value of " + name + " has a line break in it");
            }
            text.append("export ")
                    .append(name)
                    .append("='")
                    .append(value.replace("'", "'\\''"))
                    .append("'\n");
        });
        return text.toString();
    }

    public static Map<String, String> parse(String text) {
        var variables = new LinkedHashMap<String, String>();
        text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            var matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new Trouble(
                        "a line of the env file is not one that lanyard wrote", "run ./lanyard up to write it anew");
            }
            variables.put(matcher.group(1), matcher.group(2).replace("'\\''", "'"));
        });
        return variables;
    }
}
