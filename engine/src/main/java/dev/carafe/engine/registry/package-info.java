/**
 * Registries (OCI distribution-spec 1.1): manifests and blobs in and out, over HTTPS, with the
 * credentials that Docker keeps. What a registry says is hostile input: every number is bounded,
 * every text cleaned before it is shown, and credentials go to the host that they are for alone.
 *
 * <p>Lock order: {@code Registries}' connections, then one {@code Authority}.
 */
package dev.carafe.engine.registry;
