/** JSON as RFC 8259 has it: values, a strict reader with limits, a writer. */
package dev.carafe.oci.json;
