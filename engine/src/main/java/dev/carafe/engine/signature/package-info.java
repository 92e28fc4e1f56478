/**
 * Which images a host takes: the policy file that podman and skopeo read too
 * (containers-policy.json(5)), and signatures as cosign makes them with a key.
 */
package dev.carafe.engine.signature;
