package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.engine.Container;
import dev.carafe.engine.Engine;
import dev.carafe.engine.Roots;
import dev.carafe.engine.RunOptions;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The engine as a program that embeds it sees it, with the public way to native code. */
class EngineTest {
    @RegisterExtension static final Carafe carafe = new Carafe();

    @Test
    @Tag("rootless")
    void runsTheHostImageAsItsOwnRoot() throws Exception {
        try (Engine engine = Engine.open(Roots.under(carafe.root()));
                Container container =
                        engine.run(
                                RunOptions.of("host", "sh", "-c", "id -u; echo $$; exit 7")
                                        .remove(true))) {
            byte[] out = container.stdout().readAllBytes();
            assertEquals(7, container.waitFor());
            assertEquals("0\n1\n", new String(out, StandardCharsets.UTF_8));
        }
    }
}
