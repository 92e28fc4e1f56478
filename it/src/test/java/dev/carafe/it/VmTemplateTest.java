package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Machines that are restored where others have come up. */
@Tag("root")
class VmTemplateTest {
    private static final FileTime LONG_AGO = FileTime.from(Instant.EPOCH.plusSeconds(1));

    @RegisterExtension final Carafe carafe = new Carafe();

    private String image = "";

    @BeforeEach
    void image() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64")), "no QEMU");
        Guest.kernel();
        String loaded =
                carafe.run("load", "-i", Images.file("busybox.oci.tar").toString()).ok().out();
        image = loaded.substring(loaded.indexOf("sha256:")).strip();
    }

    private Carafe.Result vm(List<String> options, String script) {
        List<String> command =
                new ArrayList<>(List.of("run", "--rm", "-i", "--isolation", "vm", "-m", "256m"));
        command.addAll(options);
        command.addAll(List.of(image, "sh", "-c", script));
        return carafe.runWithInput(
                "what is typed\n".getBytes(StandardCharsets.UTF_8), command.toArray(String[]::new));
    }

    private List<Path> templates() throws IOException {
        Path directory = carafe.root().resolve("vm/templates");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void itIsMadeWhenAskedForAndUsedFromThenOn() throws IOException {
        vm(List.of(), "true").ok();
        assertEquals(List.of(), templates());

        String script =
                "cat; echo to err >&2; hostname; date +%s; cat /proc/sys/kernel/random/boot_id;"
                        + " od -An -N16 -tx1 /dev/urandom; echo x > /new; exit 7";
        var first = vm(List.of("--from-template"), script).exits(7);
        Path template = templates().getFirst();
        Files.setLastModifiedTime(template, LONG_AGO);

        long before = Instant.now().getEpochSecond();
        var second = vm(List.of(), script).exits(7);
        long after = Instant.now().getEpochSecond();

        assertNotEquals(LONG_AGO, Files.getLastModifiedTime(template), "it was not used");
        List<String> one = first.out().lines().toList();
        List<String> two = second.out().lines().toList();
        assertEquals("what is typed", two.get(0), second::toString);
        assertEquals("to err\n", second.err());
        assertNotEquals(one.get(1), two.get(1), "the hostname");
        long clock = Long.parseLong(two.get(2));
        assertTrue(clock >= before && clock <= after, before + " " + clock + " " + after);
        assertNotEquals(one.get(3), two.get(3), "the boot's id");
        assertNotEquals(one.get(4), two.get(4), "random bytes");

        var third = vm(List.of(), script + " # again").exits(7);
        assertNotEquals(two.get(4), third.out().lines().toList().get(4), "random bytes");

        Files.setLastModifiedTime(template, LONG_AGO);
        vm(List.of("--from-template=false"), "true").ok();
        assertEquals(LONG_AGO, Files.getLastModifiedTime(template), "it was used");
    }

    @Test
    void aTornTemplateIsReplacedByABoot() throws IOException {
        vm(List.of("--from-template"), "true").ok();
        Path template = templates().getFirst();
        long whole = Files.size(template);
        try (FileChannel file = FileChannel.open(template, StandardOpenOption.WRITE)) {
            file.truncate(whole / 2);
        }

        assertEquals("up\n", vm(List.of(), "echo up").ok().out());
        assertEquals(List.of(), templates());

        vm(List.of("--from-template"), "true").ok();
        assertTrue(Files.size(template) > whole / 2, "it was not made anew");
    }

    @Test
    void itGoesWithItsImage() throws IOException {
        vm(List.of("--from-template"), "true").ok();
        assertEquals(1, templates().size());
        carafe.run("rmi", image).ok();
        assertEquals(List.of(), templates());
    }

    @Test
    void whatTheHostSharesIsNotInATemplate() throws IOException {
        var refused =
                vm(List.of("--from-template", "-v", "/etc:/etc-of-host:ro"), "true").exits(125);
        assertEquals(1, refused.err().lines().count(), refused::toString);
        assertTrue(refused.err().contains("--from-template"), refused::toString);
        assertEquals(List.of(), templates());
    }
}
