/** How the services reach their own schema: blocking transactions for workers, and wake-ups by LISTEN/NOTIFY. */
package lanyard.common.database;
