/**
 * System call filters: OCI profiles compiled to classic BPF, and the profile that containers get by
 * default.
 */
package dev.carafe.runtime.seccomp;
