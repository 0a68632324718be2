/** The way in: messages become rows, or dead letters, and only then are acknowledged. */
package lanyard.common.intake;
