/**
 * Writes EROFS images, the read-only file systems that Linux mounts since 5.4: from the facts of
 * Documentation/filesystems/erofs.rst and of fs/erofs/erofs_fs.h. Uncompressed, blocks of 4 KiB.
 */
package dev.carafe.engine.erofs;
