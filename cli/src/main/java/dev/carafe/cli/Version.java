package dev.carafe.cli;

/** {@code carafe version} and {@code carafe --version}. */
final class Version {
    /**
     * The build's version; a test holds it to the pom. A constant, so that no file is read for it.
     */
    static final String NUMBER = "0.1.0-SNAPSHOT";

    private Version() {}

    static Verb verb() {
        return new Verb(
                "version",
                "",
                "Print the version",
                "Prints the version of Carafe, and of the Java and the kernel under it.",
                Given.options(),
                "carafe version\ncarafe --version      # one line\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        if (!args[0].equals("version")) {
            console.println("Carafe version " + NUMBER);
            return 0;
        }
        if (Given.read(verb(), args, 0, 0, console) != null) {
            console.println("Version:   " + NUMBER);
            console.println("Java:      " + System.getProperty("java.vm.version"));
            console.println("Kernel:    " + System.getProperty("os.version"));
            console.println("OS/Arch:   linux/" + System.getProperty("os.arch"));
        }
        return 0;
    }
}
