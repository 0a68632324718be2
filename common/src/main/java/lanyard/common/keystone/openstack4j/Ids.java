package lanyard.common.keystone.openstack4j;

import java.util.regex.Pattern;

/** The shape of Keystone's ids, checked before one becomes part of a path. */
final class Ids {
    /**
     * 32 hex digits as Keystone makes them, 64 for users of a directory, an attribute of the directory's own such as a mail address,
     * or what an operator chose ({@code default}).
     */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_@-][A-Za-z0-9_.@-]{0,63}");

    private Ids() {}

    /** The id itself; {@link Failed} as denied if it can't be one, for no call with it would ever succeed. */
    static String require(String id) {
        if (!ID.matcher(id).matches()) {
            throw Failed.denied(400, "what was given as an id can't be one of Keystone's");
        }
        return id;
    }
}
