package dev.carafe.oci.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.OciException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
    private static final String SHA = "sha256:" + "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "debian | docker.io/library/debian:latest | debian:latest",
                "debian:12 | docker.io/library/debian:12 | debian:12",
                "library/debian | docker.io/library/debian:latest | debian:latest",
                "docker.io/debian | docker.io/library/debian:latest | debian:latest",
                "index.docker.io/debian:12 | docker.io/library/debian:12 | debian:12",
                "user/app | docker.io/user/app:latest | user/app:latest",
                "docker.io/library/a/b | docker.io/library/a/b:latest | library/a/b:latest",
                "localhost/app | localhost/app:latest | localhost/app:latest",
                "localhost:5000 | docker.io/library/localhost:5000 | localhost:5000",
                "localhost:5000/app:1 | localhost:5000/app:1 | localhost:5000/app:1",
                "quay.io/a/b/c:v1.0_x-Y | quay.io/a/b/c:v1.0_x-Y | quay.io/a/b/c:v1.0_x-Y",
                "Registry/app | Registry/app:latest | Registry/app:latest",
                "192.168.0.1:5000/a | 192.168.0.1:5000/a:latest | 192.168.0.1:5000/a:latest",
                "[2001:db8::1]/a | [2001:db8::1]/a:latest | [2001:db8::1]/a:latest",
                "[::1]:5000/a:b | [::1]:5000/a:b | [::1]:5000/a:b",
                "a.b__c-d---e_f | docker.io/library/a.b__c-d---e_f:latest | a.b__c-d---e_f:latest",
                "docker.io/a.b/c:1 | docker.io/a.b/c:1 | docker.io/a.b/c:1",
                "docker.io/localhost/c:1 | docker.io/localhost/c:1 | docker.io/localhost/c:1",
                "example.com/a:_ | example.com/a:_ | example.com/a:_",
            })
    void fillsInAndLeavesOut(String text, String full, String familiar) {
        ImageReference reference = ImageReference.parse(text);
        assertEquals(full, reference.toString());
        assertEquals(familiar, reference.familiar());
        assertEquals(reference, ImageReference.parse(full));
        assertEquals(reference.hashCode(), ImageReference.parse(full).hashCode());
        assertEquals(reference, ImageReference.parse(familiar));
    }

    @Test
    void aDigestNeedsNoTag() {
        ImageReference pinned = ImageReference.parse("debian@" + SHA);
        assertEquals("docker.io/library/debian@" + SHA, pinned.toString());
        assertEquals("debian@" + SHA, pinned.familiar());
        assertEquals("debian", pinned.familiarName());
        assertEquals("docker.io/library/debian", pinned.name());
        assertEquals("debian:12@" + SHA, ImageReference.parse("debian:12@" + SHA).familiar());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "/",
                ":",
                "@",
                ":tag",
                "debian:",
                "debian@",
                "debian@sha256:00",
                "debian@md5:00000000000000000000000000000000",
                "Debian",
                "docker.io/Debian",
                "a//b",
                "/a",
                "a/",
                "a..b",
                "a___b",
                "a_-b",
                ".a",
                "a.",
                "-a",
                "a-",
                "a:b:c",
                "a:-b",
                "a:.b",
                "a b",
                "a\nb",
                "a\u0000b",
                "é",
                "a:é",
                "ａ",
                "../a",
                "a/../b",
                "example.com",
                "example.com:80:80/a",
                "example.com:/a",
                "example.com:x/a",
                "-example.com/a",
                "example-.com/a",
                "example..com/a",
                ".example.com/a",
                "[::1/a",
                "[]/a",
                "[::1]x/a",
                "[fe80::1%eth0]/a",
                "[2001:db8::1]",
                "exa_mple.com:80/a",
                "user@example.com/a",
                "http://example.com/a",
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            })
    void refuses(String text) {
        if (text.equals("example.com")) {
            // Without a slash it can only be a repository.
            assertEquals(
                    "docker.io/library/example.com:latest", ImageReference.parse(text).toString());
            return;
        }
        OciException e = assertThrows(OciException.class, () -> ImageReference.parse(text));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.chars().allMatch(c -> c >= ' ' && c < 0x7f), message);
    }

    @Test
    void everyPartCounts() {
        ImageReference one = ImageReference.parse("a.b/c:d@" + SHA);
        for (String other :
                List.of(
                        "x.b/c:d@" + SHA,
                        "a.b/x:d@" + SHA,
                        "a.b/c:x@" + SHA,
                        "a.b/c@" + SHA,
                        "a.b/c:d",
                        "a.b/c:d@" + SHA.replace("f", "0"))) {
            assertNotEquals(one, ImageReference.parse(other));
        }
    }

    @Test
    void saysWhy() {
        assertWrong("image reference: the name must be lower case: \"library/Debian\"", "Debian");
        assertWrong("image reference: not a tag: \"-x\"", "a:-x");
        assertWrong("image reference: not a registry host: \"a..b\"", "a..b/c");
        assertWrong("image reference: not a name: \"library/a b\"", "a b");
    }

    @Test
    void limitsLengths() {
        ImageReference.parse("example.com/" + "a".repeat(255));
        assertWrong(
                "image reference: the name has more than 255 characters",
                "example.com/" + "a".repeat(256));
        ImageReference.parse("a:" + "t".repeat(128));
        assertThrows(OciException.class, () -> ImageReference.parse("a:" + "t".repeat(129)));
    }

    private static void assertWrong(String message, String text) {
        OciException e = assertThrows(OciException.class, () -> ImageReference.parse(text));
        assertEquals(message, e.getMessage());
    }
}
