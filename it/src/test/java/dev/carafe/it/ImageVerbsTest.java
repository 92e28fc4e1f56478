package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.it.Carafe.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The verbs that show and order images. */
@Tag("rootless")
class ImageVerbsTest {
    @RegisterExtension final Carafe carafe = new Carafe();

    @BeforeEach
    void load() {
        carafe.run("load", "-i", Images.file("layers.oci.tar").toString()).ok();
    }

    private String id() {
        return carafe.run("images", "-q").ok().out().strip();
    }

    @Test
    void historyTellsEachInstructionTheLastFirst() {
        String[] lines = carafe.run("history", id()).ok().out().split("\n", -1);
        assertTrue(lines[0].startsWith("IMAGE          CREATED"), lines[0]);
        assertTrue(lines[1].startsWith(id()), lines[1]);
        assertTrue(lines[1].contains("umoci insert"), lines[1]);
        assertTrue(lines[6].startsWith("<missing>"), lines[6]);
        assertTrue(lines[5].contains("0B"), "an instruction without a layer: " + lines[5]);
    }

    @Test
    void sizesOfTheHistoryAddUpToTheImages() {
        long sum = 0;
        for (String line :
                carafe.run("history", "--human=false", "--format=json", id())
                        .ok()
                        .out()
                        .split("\n")) {
            sum += Long.parseLong(line.replaceAll(".*\"Size\":\"(\\d+)\".*", "$1"));
        }
        String size =
                carafe.run("inspect", id()).ok().out().replaceAll("(?s).*\"Size\": (\\d+).*", "$1");
        assertEquals(size, Long.toString(sum));
    }

    @Test
    void theNounHasTheSameVerbs() {
        assertEquals(carafe.run("images").ok().out(), carafe.run("image", "ls").ok().out());
        carafe.run("image", "tag", id(), "by:noun").ok();
        carafe.run("image", "rm", "by:noun").ok();
        Result wrong = carafe.run("image", "frob").exits(125);
        assertTrue(wrong.err().contains("'frob' is not a command of carafe image"), wrong.err());
    }

    @Test
    void filtersChooseImages() {
        assertEquals(id() + "\n", carafe.run("images", "-q", "-f", "dangling=true").ok().out());
        assertEquals("", carafe.run("images", "-q", "-f", "dangling=false").ok().out());
        assertEquals("", carafe.run("images", "-q", "-f", "reference=b*").ok().out());
        assertEquals(
                id() + "\n",
                carafe.run("images", "-q", "-f", "label=dev.carafe.test=yes").ok().out());
        assertEquals("", carafe.run("images", "-q", "-f", "label!=dev.carafe.test").ok().out());
        assertEquals("", carafe.run("images", "-q", "-f", "before=" + id()).ok().out());
        assertEquals(id() + "\n", carafe.run("images", "-q", "-f", "until=0s").ok().out());
        assertTrue(carafe.run("images", "-f", "size=1").exits(1).err().contains("filter size=1: "));
    }

    @Test
    void pruneAsksAndKeepsWhatAContainerUses() {
        carafe.run("load", "-i", Images.file("busybox.docker.tar").toString()).ok();
        String used = carafe.run("images", "-q", "busybox").ok().out();
        carafe.run("run", "--name", "user", "busybox", "true").ok();
        assertTrue(
                carafe.run("image", "prune", "-a").ok().out().contains("[y/N]"), "no answer is no");
        carafe.run("image", "prune", "-af").ok();
        assertEquals(used, carafe.run("images", "-q").ok().out());
        carafe.run("rm", "user").ok();
        carafe.run("image", "prune", "-af").ok();
        assertEquals("", carafe.run("images", "-q").ok().out());
    }
}
