/**
 * Keystone by way of openstack4j: the one package that may import it.
 *
 * <p>openstack4j's own services do what they do well (domains, users, roles); what they lack (trusts, user options, effective roles,
 * a token's raw body) are services of ours that extend its {@code BaseOpenStackService}. All of it goes over one pooled connection
 * per Keystone, through openstack4j's transport SPI.
 */
@NullMarked
package lanyard.common.keystone.openstack4j;

import org.jspecify.annotations.NullMarked;
