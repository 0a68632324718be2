/** The outbox: messages that are committed with the change they tell of, and published afterwards. */
package lanyard.common.outbox;
