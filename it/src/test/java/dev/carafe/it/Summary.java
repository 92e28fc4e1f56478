package dev.carafe.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * Counts the tests of several directories of JUnit XML reports. Prints what failed, what was
 * skipped and why, and as its last line the count. Each argument is {@code label=directory}, or
 * {@code problem:} and something else that failed.
 */
public final class Summary {
    private final List<String> failed = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private int passed;

    private Summary() {}

    public static void main(String[] args) throws Exception {
        var summary = new Summary();
        for (String arg : args) {
            if (arg.startsWith("problem:")) {
                summary.failed.add("verify" + arg.substring("problem".length()));
                continue;
            }
            int equals = arg.indexOf('=');
            summary.read(arg.substring(0, equals), Path.of(arg.substring(equals + 1)));
        }
        summary.print();
        if (!summary.failed.isEmpty() || summary.passed == 0) {
            System.exit(1);
        }
    }

    private void read(String label, Path directory) throws Exception {
        if (!Files.isDirectory(directory)) {
            failed.add(label + ": no reports, so the tests did not run");
            return;
        }
        int before = passed + failed.size() + skipped.size();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files.sorted()::iterator) {
                String name = file.getFileName().toString();
                if (name.startsWith("TEST-") && name.endsWith(".xml")) {
                    NodeList cases = parse(file).getElementsByTagName("testcase");
                    for (int i = 0; i < cases.getLength(); i++) {
                        count(label, (Element) cases.item(i));
                    }
                }
            }
        }
        if (before == passed + failed.size() + skipped.size() && label.startsWith("it")) {
            failed.add(label + ": no test ran");
        }
    }

    private static Document parse(Path file) throws Exception {
        var factory = DocumentBuilderFactory.newDefaultInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        try (InputStream in = Files.newInputStream(file)) {
            return factory.newDocumentBuilder().parse(in);
        } catch (IOException | org.xml.sax.SAXException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private void count(String label, Element test) {
        String className = test.getAttribute("classname");
        String name =
                label
                        + ": "
                        + className.substring(className.lastIndexOf('.') + 1)
                        + "."
                        + test.getAttribute("name");
        Element failure = child(test, "failure");
        Element error = failure == null ? child(test, "error") : failure;
        Element skip = child(test, "skipped");
        if (error != null) {
            failed.add(name + ": " + firstLine(error));
        } else if (skip != null) {
            skipped.add(name + ": " + firstLine(skip));
        } else {
            passed++;
        }
    }

    private static @org.jspecify.annotations.Nullable Element child(Element parent, String tag) {
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(tag)) {
                return element;
            }
        }
        return null;
    }

    private static String firstLine(Element element) {
        String message = element.getAttribute("message");
        String text = message.isBlank() ? element.getTextContent() : message;
        text = text.strip().replaceFirst("^org\\.opentest4j\\.TestAbortedException: ", "");
        text = text.replaceFirst("^Assumption failed: ", "");
        int end = text.indexOf('\n');
        text = end < 0 ? text : text.substring(0, end);
        return text.isBlank() ? "no reason given" : text;
    }

    private void print() {
        list("Skipped", skipped);
        list("Failed", failed);
        System.out.println();
        System.out.println(
                passed + " passed, " + failed.size() + " failed, " + skipped.size() + " skipped");
    }

    private static void list(String title, List<String> lines) {
        if (!lines.isEmpty()) {
            System.out.println("\n" + title + ":");
            lines.forEach(line -> System.out.println("  " + line));
        }
    }
}
