/** What Lanyard asks of Keystone, as two ports with sealed replies. Their one implementation is in {@code openstack4j}. */
package lanyard.common.keystone;
