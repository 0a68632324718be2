package lanyard.local.bootstrap;

import java.util.Map;

/**
 * One call that changes something in Keystone. What is known only once an earlier step is done, and every password, stands in path and
 * fields as <code>{name}</code>: a plan holds no secret.
 */
sealed interface Step {
    String method();

    String path();

    /** What it is for, in a person's words. */
    String what();

    /** Fields of what is made or changed. */
    Map<String, Object> fields();

    /**
     * Makes something that has an id.
     *
     * @param thing what {@link Plan} calls it
     * @param member what Keystone calls it in bodies, such as {@code user}
     */
    record Make(String thing, String path, String member, Map<String, Object> fields) implements Step {
        @Override
        public String method() {
            return "POST";
        }

        @Override
        public String what() {
            return thing;
        }
    }

    /** Gives a user that is there its password, and enables it. */
    record SetPassword(ServiceUser service, String path, String what, Map<String, Object> fields) implements Step {
        @Override
        public String method() {
            return "PATCH";
        }
    }

    record Assign(String path, String what) implements Step {
        @Override
        public String method() {
            return "PUT";
        }

        @Override
        public Map<String, Object> fields() {
            return Map.of();
        }
    }
}
