/**
 * config.json of the OCI runtime specification 1.2 and the state of a container.
 *
 * <p>Components are named as the properties. An absent scalar is null (false where the
 * specification says so), an absent list or map is empty.
 */
package dev.carafe.oci.runtime;
