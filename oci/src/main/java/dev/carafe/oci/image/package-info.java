/** The documents of the OCI image specification 1.1, digests, and names of images. */
package dev.carafe.oci.image;
