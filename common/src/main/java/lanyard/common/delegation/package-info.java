/** What Lanyard's objects in Keystone are called: derived, so that who finds one knows whose it is. */
package lanyard.common.delegation;
