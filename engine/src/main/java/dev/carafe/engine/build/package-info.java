/**
 * Builds images from Dockerfiles: the graph of stages, what each instruction does to files and
 * configuration, the cache, the context and what comes out. Containers are run by whoever gives a
 * {@link dev.carafe.engine.build.StepRunner}.
 *
 * <p>Paths of files in contexts, layers and stages are text of one byte a char (ISO 8859-1), since
 * a file's name need not be UTF-8; {@link dev.carafe.engine.build.At#bytes} makes one. No such path
 * is ever given to the kernel but beneath an open directory.
 */
package dev.carafe.engine.build;
