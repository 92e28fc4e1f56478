package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * A port of EXPOSE.
 *
 * @param number 0 to 65535
 * @param protocol tcp, udp or sctp
 */
public record Port(int number, String protocol) {
    private static final int MAX_RANGES = 1000;

    /** All ports of an EXPOSE with its variables put in, sorted by protocol and number. */
    public static List<Port> of(Instruction.Expose expose, Variables variables)
            throws DockerfileException {
        return of(expose.ports(), variables);
    }

    static List<Port> of(List<Word> words, Variables variables) throws DockerfileException {
        TreeSet<Port> ports =
                new TreeSet<>(Comparator.comparing(Port::protocol).thenComparingInt(Port::number));
        int ranges = 0;
        for (Word word : words) {
            for (String text : Words.split(word, variables)) {
                if (++ranges > MAX_RANGES) {
                    throw word.error("EXPOSE has more than " + MAX_RANGES + " ports and ranges");
                }
                add(word, text, ports);
            }
        }
        return new ArrayList<>(ports);
    }

    /**
     * {@code [[address:]host:]port[-port][/protocol]}; what is before the last colon has no use.
     */
    private static void add(Word word, String text, TreeSet<Port> ports)
            throws DockerfileException {
        String own = text.substring(text.lastIndexOf(':') + 1);
        int slash = own.indexOf('/');
        String range = slash < 0 ? own : own.substring(0, slash);
        String protocol = slash < 0 ? "" : own.substring(slash + 1).toLowerCase(Locale.ROOT);
        if (!List.of("", "tcp", "udp", "sctp").contains(protocol)) {
            throw word.error(
                    "a port's protocol is tcp, udp or sctp, not "
                            + DockerfileException.quote(protocol));
        }
        int dash = range.indexOf('-');
        int first = number(word, text, dash < 0 ? range : range.substring(0, dash));
        int last = dash < 0 ? first : number(word, text, range.substring(dash + 1));
        if (last < first) {
            throw wrong(word, text);
        }
        for (int number = first; number <= last; number++) {
            ports.add(new Port(number, protocol.isEmpty() ? "tcp" : protocol));
        }
    }

    private static int number(Word word, String text, String digits) throws DockerfileException {
        boolean decimal = !digits.isEmpty() && digits.length() <= 5;
        for (int i = 0; i < digits.length(); i++) {
            decimal &= digits.charAt(i) >= '0' && digits.charAt(i) <= '9';
        }
        int number = decimal ? Integer.parseInt(digits) : -1;
        if (number < 0 || number > 65535) {
            throw wrong(word, text);
        }
        return number;
    }

    private static DockerfileException wrong(Word word, String text) {
        return word.error(
                DockerfileException.quote(text) + " is no port: 80, 53/udp, 8000-8010/tcp");
    }

    /** As an image's configuration has it: {@code 80/tcp}. */
    @Override
    public String toString() {
        return number + "/" + protocol;
    }
}
