/** How the services reach their own schema: blocking transactions for workers, wake-ups by LISTEN/NOTIFY, and who of them is there. */
package lanyard.common.database;
