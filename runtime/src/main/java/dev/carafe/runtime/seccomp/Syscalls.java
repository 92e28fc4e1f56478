package dev.carafe.runtime.seccomp;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The numbers of system calls by name, of Linux 6.18 ({@code syscalls.txt}). */
final class Syscalls {
    private static final String RESOURCE = "syscalls.txt";

    private Syscalls() {}

    /** Every call of an interface, with {@link Abi#bit} in its number. */
    static Map<String, Integer> of(Abi abi) {
        return parse(abi, text());
    }

    private static String text() {
        try (InputStream in = Syscalls.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + RESOURCE);
            }
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Integer> parse(Abi abi, String text) {
        Map<String, Integer> numbers = HashMap.newHashMap(512);
        int end;
        for (int at = 0; at < text.length(); at = end + 1) {
            end = text.indexOf('\n', at);
            if (text.charAt(at) == '#') {
                continue;
            }
            int from = text.indexOf(' ', at);
            String name = text.substring(at, from);
            for (int i = 1; i < abi.column(); i++) {
                from = text.indexOf(' ', from + 1);
            }
            int to = text.indexOf(' ', from + 1);
            to = to < 0 || to > end ? end : to;
            if (text.charAt(from + 1) != '-') {
                numbers.put(name, Integer.parseInt(text, from + 1, to, 10) | abi.bit());
            }
        }
        return numbers;
    }
}
