package lanyard.tokenissuer;

import lanyard.common.events.wire.Shape;

/** The URL that the clusters use as Keystone's: ends in {@code /v3}, and is also what the door calls itself. */
public record DoorUrl(String v3) {
    public DoorUrl {
        v3 = v3.replaceAll("/+$", "");
        if (!Shape.URL.fits(v3) || !v3.endsWith("/v3")) {
            throw new IllegalArgumentException(
                    "LANYARD_DOOR_URL must be an http or https URL that ends in /v3, such as https://door.example/v3");
        }
    }

    @Override
    public String toString() {
        return v3;
    }
}
