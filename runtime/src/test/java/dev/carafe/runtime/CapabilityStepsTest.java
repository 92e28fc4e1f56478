package dev.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Capabilities;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilityStepsTest {
    @Test
    void dockersFourteenAreTheDefault() {
        assertEquals(14, CapabilitySets.of(List.of(), List.of()).size());
        assertEquals(CapabilitySets.DEFAULT, CapabilitySets.of(List.of(), List.of()));
    }

    @Test
    void addsAndDropsAsDockerDoes() {
        assertTrue(CapabilitySets.of(List.of("net_admin"), List.of()).contains("CAP_NET_ADMIN"));
        assertFalse(CapabilitySets.of(List.of(), List.of("Cap_Chown")).contains("CAP_CHOWN"));
        assertEquals(List.of("CAP_KILL"), CapabilitySets.of(List.of("kill"), List.of("all")));
        assertTrue(CapabilitySets.of(List.of("CHOWN"), List.of("CHOWN")).contains("CAP_CHOWN"));
        List<String> most = CapabilitySets.of(List.of("ALL"), List.of("SYS_ADMIN"));
        assertEquals(40, most.size());
        assertFalse(most.contains("CAP_SYS_ADMIN"));
        assertThrows(
                IllegalArgumentException.class,
                () -> CapabilitySets.of(List.of("ALL"), List.of("ALL")));
        assertThrows(
                IllegalArgumentException.class,
                () -> CapabilitySets.of(List.of("ROOT"), List.of()));
    }

    @Test
    void inheritableStaysEmpty() {
        Capabilities sets = CapabilitySets.process(CapabilitySets.DEFAULT);
        assertEquals(List.of(), sets.inheritable());
        assertEquals(List.of(), sets.ambient());
        assertEquals(CapabilitySets.DEFAULT, sets.bounding());
    }

    @Test
    void boundingDropsAllOthersEvenUnnamedOnes() {
        Plan plan = new Plan();
        CapabilitySteps.bounding(plan, CapabilitySets.process(CapabilitySets.DEFAULT));
        assertEquals(64 - 14, plan.steps().size());
        assertEquals(List.of(24L, 2L), plan.steps().getFirst().args());
        assertEquals(List.of(24L, 63L), plan.steps().getLast().args());
    }

    @Test
    void setsComeInTheKernelsOrder() {
        Plan plan = new Plan();
        List<String> kill = List.of("CAP_KILL");
        CapabilitySteps.keep(plan);
        CapabilitySteps.sets(plan, new Capabilities(kill, kill, kill, kill, kill));
        List<Sys> calls = plan.steps().stream().map(Step::sys).toList();
        assertEquals(List.of(Sys.PRCTL, Sys.CAPSET, Sys.PRCTL, Sys.PRCTL, Sys.PRCTL), calls);
        assertEquals(List.of(47L, 2L, 5L, 0L, 0L), plan.steps().getLast().args());
    }

    @Test
    void whatTheHostLacksIsWithheld() {
        Capabilities sets = CapabilitySets.process(List.of("CAP_KILL", "CAP_CHOWN", "CAP_NEW"));
        assertEquals(List.of("CAP_CHOWN", "CAP_NEW"), CapabilitySteps.withheld(sets, 1L << 5));
    }
}
