/** Secrets: derived from the key ring, never stored, never printed, sealed to leave. */
package lanyard.common.secrets;
