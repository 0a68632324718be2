/** What an operator watches: health, and the age and number of what is waiting. */
package lanyard.common.health;
