package lanyard.tokenissuer.door;

import java.util.Map;

/**
 * What the door answers.
 *
 * @param headers beside those that every answer has
 * @param body JSON in UTF-8; may be empty
 */
@SuppressWarnings("ArrayRecordComponent") // it is written once and never compared
record Answer(int status, Map<String, String> headers, byte[] body) {}
