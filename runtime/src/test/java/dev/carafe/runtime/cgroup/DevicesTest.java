package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.runtime.cgroup.Devices.Rule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DevicesTest {
    private static final int DEFAULTS = 11;

    private static DeviceRule rule(
            boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {
        return new DeviceRule(allow, type, major, minor, access);
    }

    private static Devices.Classic classic(DeviceRule... rules) throws CgroupException {
        return Devices.of(List.of(rules)).classic();
    }

    @Test
    void everyContainerHasTheDefaultDevices() throws CgroupException {
        assertEquals(
                new Devices.Classic(
                        false,
                        List.of(
                                "c *:* m",
                                "b *:* m",
                                "c 1:3 rwm",
                                "c 1:5 rwm",
                                "c 1:7 rwm",
                                "c 1:8 rwm",
                                "c 1:9 rwm",
                                "c 5:0 rwm",
                                "c 5:1 rwm",
                                "c 5:2 rwm",
                                "c 136:* rwm")),
                classic());
    }

    @Test
    void classicForms() throws CgroupException {
        assertEquals(
                new Devices.Classic(true, List.of()),
                classic(new DeviceRule(true, null, null, null, null)),
                "a privileged container");
        assertEquals(
                new Devices.Classic(true, List.of("b 8:0 rw")),
                classic(rule(true, "a", -1L, -1L, "rwm"), rule(false, "b", 8L, 0L, "rw")));
        List<String> both = classic(rule(true, "a", 10L, 200L, "rw")).exceptions();
        assertEquals(List.of("b 10:200 rw", "c 10:200 rw"), both.subList(0, 2));
        assertEquals(
                DEFAULTS,
                classic(rule(true, "b", 8L, 0L, "r"), rule(false, "b", 8L, 0L, "rw"))
                        .exceptions()
                        .size());
    }

    @Test
    void refusals() {
        assertEquals(
                "device rule: cgroup v1 cannot deny c 10:1 r and allow c 10:* rwm; list the devices one by one",
                refusal(rule(true, "c", 10L, -1L, "rwm"), rule(false, "c", 10L, 1L, "r")));
        assertEquals(
                "device rule: type p is none of a, b, c", refusal(rule(true, "p", 1L, 1L, "r")));
        assertEquals(
                "device rule: access rx is not of r, w, m", refusal(rule(true, "c", 1L, 1L, "rx")));
        assertEquals(
                "device rule: -2 is not a device number", refusal(rule(true, "c", -2L, 1L, "r")));
    }

    private static String refusal(DeviceRule... rules) {
        return String.valueOf(
                assertThrows(CgroupException.class, () -> classic(rules)).getMessage());
    }

    /** The program against the rules themselves, over random rules and accesses. */
    @Test
    void theProgramDecidesAsTheRulesDo() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            List<Rule> rules = new ArrayList<>();
            rules.add(new Rule(false, 'a', -1, -1, Devices.ALL));
            for (int i = random.nextInt(6); i > 0; i--) {
                rules.add(
                        new Rule(
                                random.nextBoolean(),
                                "abc".charAt(random.nextInt(3)),
                                random.nextInt(4) - 1,
                                random.nextInt(4) - 1,
                                1 + random.nextInt(7)));
            }
            byte[] program = DeviceProgram.of(new Devices(rules));
            for (int i = 0; i < 50; i++) {
                int type = 1 + random.nextInt(2);
                int access = 1 + random.nextInt(7);
                int major = random.nextInt(4);
                int minor = random.nextInt(4);
                assertEquals(
                        decide(rules, type, access, major, minor),
                        run(program, type | access << 16, major, minor),
                        () ->
                                rules
                                        + " type "
                                        + type
                                        + " access "
                                        + access
                                        + " "
                                        + major
                                        + ":"
                                        + minor);
            }
        }
    }

    /** Each kind of access by itself: the last rule that speaks of it decides. */
    private static boolean decide(List<Rule> rules, int type, int access, int major, int minor) {
        for (int bit = 1; bit <= 4; bit <<= 1) {
            if ((access & bit) == 0) {
                continue;
            }
            boolean allow = false;
            Rule asked = new Rule(true, type == 1 ? 'b' : 'c', major, minor, bit);
            for (Rule rule : rules) {
                if (rule.overlaps(asked)) {
                    allow = rule.allow();
                }
            }
            if (!allow) {
                return false;
            }
        }
        return true;
    }

    /** Interprets the few instructions that the program is made of. */
    private static boolean run(byte[] program, int... context) {
        ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        long[] register = new long[11];
        for (int at = 0; ; at += 8) {
            int destination = code.get(at + 1) & 15;
            int source = code.get(at + 1) >> 4;
            int offset = code.getShort(at + 2);
            long value = code.getInt(at + 4);
            switch (code.get(at) & 0xFF) {
                case 0x61 -> register[destination] = context[offset / 4] & 0xFFFFFFFFL;
                case 0xBF -> register[destination] = register[source];
                case 0xB7 -> register[destination] = value;
                case 0x57 -> register[destination] &= value;
                case 0x77 -> register[destination] >>>= value;
                case 0x55 -> at += register[destination] != value ? 8 * offset : 0;
                case 0x15 -> at += register[destination] == value ? 8 * offset : 0;
                case 0x95 -> {
                    assertTrue(register[0] == 0 || register[0] == 1);
                    return register[0] == 1;
                }
                default -> throw new AssertionError("instruction " + (code.get(at) & 0xFF));
            }
        }
    }
}
