/**
 * The Dockerfile language, as of docker/dockerfile syntax 1.7, and {@code .dockerignore}. Pure
 * text: nothing here opens a file. Both come from strangers, so every size and depth has a bound.
 *
 * <p>{@link dev.carafe.engine.dockerfile.Dockerfile} gives the stages with their words as they are
 * written; {@link dev.carafe.engine.dockerfile.Words} puts in the variables when the time of the
 * instruction has come.
 */
package dev.carafe.engine.dockerfile;
