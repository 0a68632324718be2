/**
 * What Lanyard asks of Keystone, as two ports with sealed replies, and of the conductor's API as a third. Their one implementation is in
 * {@code openstack4j}.
 */
package lanyard.common.keystone;
