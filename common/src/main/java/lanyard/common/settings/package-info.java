/** The settings that all services share; each service has its own beside its code. */
package lanyard.common.settings;
