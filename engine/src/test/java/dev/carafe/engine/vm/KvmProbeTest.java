package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Native;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class KvmProbeTest {
    /** The limit, and what a busy host adds around it. */
    private static final long PATIENCE = KvmProbe.LIMIT + 2000;

    private static KvmProbe.Result probe(byte[] guest) {
        long start = System.nanoTime();
        KvmProbe.Result result = KvmProbe.probe(guest);
        long took = (System.nanoTime() - start) / 1_000_000;
        assertTrue(took < PATIENCE, "took " + took + " ms: " + result);
        assertFalse(result.reason().contains("\n"));
        assertEquals(0, ProcessHandle.current().children().count());
        return result;
    }

    private static byte[] guest(int... code) {
        byte[] memory = ProbeGuest.memory();
        for (int i = 0; i < code.length; i++) {
            memory[ProbeGuest.ENTRY + i] = (byte) code[i];
        }
        return memory;
    }

    private static void assumeKvm() {
        assumeTrue(Native.arch() == Arch.X86_64);
        try {
            KvmProbe.open().close();
        } catch (ErrnoException e) {
            assumeTrue(false, e.getMessage());
        }
    }

    @Test
    void answersInTimeAgainAndAgainAndLeavesNoProcess() {
        boolean works = probe(ProbeGuest.memory()).works();
        for (int i = 1; i < 20; i++) {
            KvmProbe.Result result = probe(ProbeGuest.memory());
            assertTrue(result.works() == works || result.timed(), result.reason());
        }
    }

    @Test
    void aGuestThatLoopsForEverIsGivenUp() {
        assumeKvm();
        KvmProbe.Result result = probe(guest(0xEB, 0xFE)); // jmp to itself
        assertFalse(result.works());
        assertTrue(result.timed());
        assertEquals("/dev/kvm is there, but a guest never got through real mode", result.reason());
    }

    @Test
    void aGuestThatSleepsForEverIsGivenUp() {
        assumeKvm();
        KvmProbe.Result result = probe(guest(0xFA, 0xF4)); // cli; hlt
        assertFalse(result.works());
        assertEquals("/dev/kvm is there, but a guest never got through real mode", result.reason());
    }

    @Test
    void aTimerThatNeverComesIsNamed() {
        assumeKvm();
        byte[] memory = ProbeGuest.memory();
        // the timer's vector, and so its interrupt, masked
        byte[] unmasked = {(byte) 0xC7, (byte) 0x87, 0x20, 0x03, 0, 0, 32, 0, 0, 0};
        int at = ProbeGuest.ENTRY;
        while (!Arrays.equals(memory, at, at + 10, unmasked, 0, 10)) {
            at++;
        }
        memory[at + 8] = 1;
        assertEquals(
                "/dev/kvm is there, but a guest's timer interrupt never came",
                probe(memory).reason());
    }

    @Test
    void aTripleFaultIsNamed() {
        assumeKvm();
        byte[] memory = ProbeGuest.memory();
        // ud2, in long mode's first moment, which has no IDT yet
        memory[ProbeGuest.ENTRY + 0xA0] = 0x0F;
        memory[ProbeGuest.ENTRY + 0xA1] = 0x0B;
        KvmProbe.Result result = probe(memory);
        assertFalse(result.works());
        assertFalse(result.timed());
        assertEquals(
                "/dev/kvm is there, but a guest ends with a triple fault at protected mode",
                result.reason());
    }

    @Test
    void anMsrThatIsRefusedIsNamed() {
        assumeKvm();
        byte[] memory = ProbeGuest.memory();
        memory[0x1840 + 1] = 0x77; // of 0xC0000080
        assertEquals(
                "/dev/kvm is there, but a guest may not use MSR 0xc0007780",
                probe(memory).reason());
    }
}
