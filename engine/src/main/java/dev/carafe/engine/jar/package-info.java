/**
 * Images of runnable jars, without a Dockerfile: a run-time image that jdeps and jlink cut to what
 * the application needs, and the application in layers ordered by how often they change.
 */
package dev.carafe.engine.jar;
