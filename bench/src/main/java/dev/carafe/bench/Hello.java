package dev.carafe.bench;

/** The least that a JVM can do: what a command in Java costs at all. */
public final class Hello {
    private Hello() {}

    public static void main(String[] args) {
        System.out.println("hello");
    }
}
