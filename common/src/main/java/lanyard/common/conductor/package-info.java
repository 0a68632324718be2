/**
 * What the conductor tells about its clusters: CADF events in oslo.messaging's envelope, as captured from Magnum (the files in
 * {@code common/src/test/resources/captures}). A pure function from bytes to a value; what to make of it is others' business.
 */
package lanyard.common.conductor;
