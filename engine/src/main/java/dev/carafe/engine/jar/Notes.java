package dev.carafe.engine.jar;

/** Is told what happens, a line each: steps, and what is left out of the image. */
@FunctionalInterface
public interface Notes {
    void note(String line);
}
