/**
 * How anything that came over a bus is read: as hostile. Whoever can write to a topic can write anything, so what is read is
 * bounded in size and depth, strict in every field that is used, and refused with a reason that tells an operator what is wrong
 * and holds nothing of the content, which may be a secret.
 */
package lanyard.common.events.wire;
