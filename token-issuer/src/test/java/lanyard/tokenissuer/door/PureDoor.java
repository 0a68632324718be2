package lanyard.tokenissuer.door;

import java.util.List;

/** The door's classes that have no surroundings: what goes in decides what comes out. A test of the architecture holds them to it. */
public final class PureDoor {
    public static final List<Class<?>> CLASSES = List.of(
            Admission.class,
            AuthRequest.class,
            AuthRequestParser.class,
            Bodies.class,
            Budget.class,
            Caller.class,
            Hindrance.class);

    private PureDoor() {}
}
