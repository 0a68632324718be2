package lanyard.local.keystone;

/** Something of Keystone's with its id and name. Where the name is not known, the id stands in for it. */
public record Named(String id, String name) {
    /** Keystone's own ids are 32 hexadecimal digits; anything else that a person types is a name. */
    public static boolean isId(String idOrName) {
        return idOrName.matches("[0-9a-f]{32}");
    }
}
