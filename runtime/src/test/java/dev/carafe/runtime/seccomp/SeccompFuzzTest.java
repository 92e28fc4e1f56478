package dev.carafe.runtime.seccomp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.carafe.linux.Arch;
import dev.carafe.oci.OciException;
import dev.carafe.oci.runtime.Seccomp;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * Any bytes: either one clear refusal, or a program that the kernel's checker takes and that means
 * the same.
 */
class SeccompFuzzTest {
    private static final String PROFILE =
            """
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,
             "architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32","SCMP_ARCH_ARM"],
             "flags":["SECCOMP_FILTER_FLAG_LOG"],
             "syscalls":[
              {"names":["read","write","socketcall","arm_fadvise64_64"],"action":"SCMP_ACT_ALLOW"},
              {"names":["connect","shmget"],"action":"SCMP_ACT_LOG"},
              {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]},
              {"names":["socket"],"action":"SCMP_ACT_TRACE","errnoRet":7,"args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"},{"index":1,"value":3,"op":"SCMP_CMP_LE"}]},
              {"names":["personality"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_GE"}]},
              {"names":["personality"],"action":"SCMP_ACT_NOTIFY","args":[{"index":0,"value":8,"op":"SCMP_CMP_LT"}]}
             ]}
            """;

    private static final int[] NUMBERS = {
        0, 1, 2, 3, 41, 56, 102, 117, 120, 135, 136, 220, 281, 359, 600, -1
    };
    private static final int[] AUDITS = {0xC000003E, 0x40000003, 0xC00000B7, 0x40000028, 0};

    @FuzzTest(maxDuration = "20s")
    void profile(byte[] bytes) {
        Seccomp profile;
        try {
            profile = Seccomp.parse("profile", bytes);
        } catch (OciException refused) {
            return;
        }
        for (Arch arch : Arch.values()) {
            try {
                check(arch, profile);
            } catch (IllegalArgumentException refused) {
                Assertions.assertNotNull(refused.getMessage());
            }
        }
    }

    private static void check(Arch arch, Seccomp profile) {
        BpfMachine program = new BpfMachine(SeccompFilter.compile(arch, profile).program());
        for (int audit : AUDITS) {
            for (int nr : NUMBERS) {
                for (long arg : new long[] {0, 1, 8, 40, 0x100000028L, -1}) {
                    BpfMachine.Call call =
                            new BpfMachine.Call(nr, audit, arg, arg, arg, arg, arg, arg);
                    Assertions.assertEquals(
                            Meaning.of(arch, profile, call), program.run(call), call::toString);
                }
            }
        }
    }

    @Test
    void mutatedProfiles() {
        Random random = new Random(5);
        byte[] seed = PROFILE.getBytes(StandardCharsets.US_ASCII);
        profile(seed);
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = seed.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                int at = random.nextInt(bytes.length);
                switch (random.nextInt(3)) {
                    case 0 -> bytes[at] = (byte) random.nextInt(256);
                    case 1 -> bytes[at] = (byte) ('0' + random.nextInt(10));
                    default -> {
                        int length = Math.min(bytes.length - at, random.nextInt(40));
                        int to = random.nextInt(bytes.length - length + 1);
                        System.arraycopy(seed, at, bytes, to, length);
                    }
                }
            }
            profile(bytes);
        }
    }
}
