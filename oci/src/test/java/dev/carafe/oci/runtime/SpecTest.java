package dev.carafe.oci.runtime;

import static dev.carafe.oci.Resource.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.OciException;
import dev.carafe.oci.Resource;
import dev.carafe.oci.json.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecTest {
    private static final String FULL = Resource.text(SpecTest.class, "full.json");

    @Test
    void everyPropertyGoesRound() {
        Spec spec = Spec.parse("config.json", utf8(FULL));
        spec.validate();
        assertEquals(Json.parse(utf8(FULL)), spec.json());
        assertEquals(spec, Spec.parse("config.json", spec.json().bytes()));
        assertEquals(spec, Spec.parse("config.json", utf8(spec.json().pretty())));
    }

    @Test
    void mapsKeepTheirOrder() {
        Spec spec = Spec.parse("config.json", utf8(FULL));
        assertEquals(
                List.of("org.example.note", "org.example.another"),
                List.copyOf(spec.annotations().keySet()));
    }

    @Test
    void theSmallestDocument() {
        Spec spec = Spec.parse("c", utf8("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}}"));
        spec.validate();
        assertEquals(List.of(), spec.mounts());
        assertEquals(Map.of(), spec.annotations());
        assertEquals("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}}", spec.json().compact());
    }

    @Test
    void unknownPropertiesAreIgnored() {
        Spec spec = Spec.parse("c", utf8(FULL));
        String more =
                FULL.replaceFirst("\\{", "{\"windows\": 7, \"x\": [{\"y\": null}],")
                        .replace("\"linux\": {", "\"linux\": {\"netDevices\": {\"eth0\": {}},")
                        .replace("\"pids\": {", "\"oomScoreAdj\": 3, \"pids\": {\"x\": true,");
        assertNotEquals(FULL, more);
        assertEquals(spec, Spec.parse("c", utf8(more)));
    }

    @Test
    void aRelativeDestinationIsBelowTheRoot() {
        Spec spec = Spec.parse("c", utf8(FULL.replace("\"/data\"", "\"data\"")));
        assertEquals("/data", spec.mounts().get(1).destination());
    }

    @Test
    void fileTypeBitsOfADeviceAreDropped() {
        Spec spec = Spec.parse("c", utf8(FULL.replace("\"fileMode\": 432", "\"fileMode\": 8624")));
        assertEquals(FULL.length() + 1, FULL.replace("432", "8624").length());
        Linux linux = spec.linux();
        assertTrue(linux != null);
        assertEquals(0660, linux.devices().getFirst().fileMode());
    }

    /** Replaces a piece of the full document, and says what is wrong with the outcome. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // containerd CVE-2024-40635, CVE-2026-46680: an id past 32 bits became root
                "\"uid\": 1000 | \"uid\": 4294967295 |"
                        + " process.user.uid: must be an integer from 0 to 4294967294",
                "\"uid\": 1000 | \"uid\": 4294967296 |"
                        + " process.user.uid: must be an integer from 0 to 4294967294",
                "\"uid\": 1000 | \"uid\": 18446744073709551616 |"
                        + " process.user.uid: must be an integer from 0 to 4294967294",
                "\"uid\": 1000 | \"uid\": -1 |"
                        + " process.user.uid: must be an integer from 0 to 4294967294",
                "\"uid\": 1000 | \"uid\": 1e3 |"
                        + " process.user.uid: must be an integer from 0 to 4294967294",
                "\"uid\": 1000 | \"uid\": \"1000\" |"
                        + " process.user.uid: must be an integer from 0 to 4294967294",
                "\"uid\": 1000, | `` | process.user.uid: is missing",
                "[5, 4294967294] | [5, 4294967295] |"
                        + " process.user.additionalGids[1]: must be an integer from 0 to 4294967294",
                "\"umask\": 18 | \"umask\": 512 |"
                        + " process.user.umask: must be an integer from 0 to 511",
                "\"cwd\": \"/home/web\", | `` | process.cwd: is missing",
                "\"type\": \"pid\" | \"type\": \"moon\" |"
                        + " linux.namespaces[0].type: unknown namespace type \"moon\"",
                "SCMP_ACT_TRACE | SCMP_ACT_NOP |"
                        + " linux.seccomp.syscalls[1].action: unknown seccomp action \"SCMP_ACT_NOP\"",
                "SCMP_CMP_NE | NE | linux.seccomp.syscalls[1].args[1].op:"
                        + " unknown seccomp operator \"NE\"",
                "\"index\": 5 | \"index\": 6 | linux.seccomp.syscalls[1].args[1].index:"
                        + " must be an integer from 0 to 5",
                "18446744073709551614 | 18446744073709551616 |"
                        + " linux.resources.blockIO.throttleWriteBpsDevice[0].rate:"
                        + " must be an integer from 0 to 18446744073709551615",
                "\"timeout\": 3 | \"timeout\": 0 |"
                        + " hooks.createRuntime[0].timeout: must be an integer from 1 to 2147483647",
                "\"allow\": false, | `` | linux.resources.devices[0].allow: is missing",
                "\"nice\": -3 | \"nice\": -21 |"
                        + " process.scheduler.nice: must be an integer from -20 to 19",
                "\"oomScoreAdj\": -500 | \"oomScoreAdj\": -1001 |"
                        + " process.oomScoreAdj: must be an integer from -1000 to 1000",
            })
    void refusesToRead(String from, String to, String message) {
        assertTrue(FULL.contains(from), from);
        byte[] text = utf8(FULL.replace(from, to));
        OciException e = assertThrows(OciException.class, () -> Spec.parse("config.json", text));
        assertEquals("config.json: " + message, e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1.2.1-dev+build.7 | 1.2 | ociVersion: is not a version: \"1.2\"",
                "1.2.1-dev+build.7 | v1.2.1 | ociVersion: is not a version: \"v1.2.1\"",
                "1.2.1-dev+build.7 | `` | ociVersion: is not a version: \"\"",
                "1.2.1-dev+build.7 | 1..1 | ociVersion: is not a version: \"1..1\"",
                "\"path\": \"/srv/bundle/rootfs\" | \"path\": \"\" | root.path: is empty",
                "\"cwd\": \"/home/web\" | \"cwd\": \"home\" |"
                        + " process.cwd: is not an absolute path: \"home\"",
                "\"cwd\": \"/home/web\" | \"cwd\": \"/a\\u0000b\" |"
                        + " process.cwd: contains a NUL character: \"/a?b\"",
                "\"EMPTY=\" | \"A=\\u0000\" |"
                        + " process.env[1]: contains a NUL character: \"A=?\"",
                "\"--greeting\" | \"\\u0000\" |"
                        + " process.args[1]: contains a NUL character: \"?\"",
                "RLIMIT_MEMLOCK | RLIMIT_NOFILE |"
                        + " process.rlimits[1].type: is there twice: \"RLIMIT_NOFILE\"",
                "RLIMIT_MEMLOCK | RLIMIT_MOOD |"
                        + " process.rlimits[1].type: has an unknown value: \"RLIMIT_MOOD\"",
                "\"soft\": 512 | \"soft\": 5120 |"
                        + " process.rlimits[0].soft: is above the hard limit",
                "\"soft\": 512 | \"soft\": 18446744073709551615 |"
                        + " process.rlimits[0].soft: is above the hard limit",
                "SCHED_DEADLINE | SCHED_SOON |"
                        + " process.scheduler.policy: has an unknown value: \"SCHED_SOON\"",
                "SCHED_FLAG_DL_OVERRUN | X |"
                        + " process.scheduler.flags[1]: has an unknown value: \"X\"",
                "IOPRIO_CLASS_BE | BE | process.ioPriority.class: has an unknown value: \"BE\"",
                "\"/hooks/d\" | \"d\" |"
                        + " hooks.createContainer[1].path: is not an absolute path: \"d\"",
                "\"/run/netns/blue\" | \"blue\" |"
                        + " linux.namespaces[1].path: is not an absolute path: \"blue\"",
                "{\"type\": \"ipc\"} | {\"type\": \"pid\"} |"
                        + " linux.namespaces[3]: is there twice: \"pid\"",
                "{\"type\": \"user\"}, | `` |"
                        + " linux.namespaces: has no user namespace for the id mappings",
                "{\"type\": \"time\"} | {\"type\": \"time\", \"path\": \"/t\"} |"
                        + " linux.timeOffsets: need a new time namespace",
                "\"boottime\" | \"realtime\" |"
                        + " linux.timeOffsets: has an unknown value: \"realtime\"",
                "\"containerID\": 65536 | \"containerID\": 65535 |"
                        + " linux.uidMappings[1]: overlaps with an earlier range",
                "\"hostID\": 1000, | \"hostID\": 165535, |"
                        + " linux.uidMappings[1]: overlaps with an earlier range",
                "\"hostID\": 70000, \"size\": 65536 | \"hostID\": 4294967294, \"size\": 2 |"
                        + " mounts[1].uidMappings[0].size: is 0 or leads past id 4294967294",
                "\"type\": \"p\" | \"type\": \"c\" |"
                        + " linux.devices[1]: has no major or minor number",
                "\"type\": \"p\" | \"type\": \"x\" |"
                        + " linux.devices[1].type: has an unknown value: \"x\"",
                "\"/dev/bell\" | \"bell\" |"
                        + " linux.devices[1].path: is not an absolute path: \"bell\"",
                "\"/sys/firmware\" | \"sys\" |"
                        + " linux.maskedPaths[1]: is not an absolute path: \"sys\"",
                "/carafe/web-1 | /carafe/../.. |" + " linux.cgroupsPath: must not contain \"..\"",
                "kernel.msgmax | kernel/../../x |"
                        + " linux.sysctl: not the name of a setting: \"kernel/../../x\"",
                "\"rslave\" | \"servile\" |"
                        + " linux.rootfsPropagation: has an unknown value: \"servile\"",
                "LINUX32 | BSD | linux.personality.domain: has an unknown value: \"BSD\"",
                "\"gold\" | \"../gold\" |"
                        + " linux.intelRdt.closID: is not a plain name: \"../gold\"",
                "\"memory.high\" | \"../memory.high\" |"
                        + " linux.resources.unified: is not a plain name: \"../memory.high\"",
                "\"access\": \"rwm\" | \"access\": \"rwx\" |"
                        + " linux.resources.devices[0].access: has an unknown value: \"rwx\"",
                "\"swap\": 536870912 | \"swap\": 1024 |"
                        + " linux.resources.memory.swap: (memory and swap) is below limit (memory)",
                "\"leafWeight\": 100 | \"leafWeight\": 9 |"
                        + " linux.resources.blockIO.weightDevice[0].leafWeight:"
                        + " 9 is not from 10 to 1000",
                "\"2MB\" | \"2MiB\" | linux.resources.hugepageLimits[0].pageSize:"
                        + " is not a size such as 2MB: \"2MiB\"",
                "\"2MB\" | \"../2MB\" | linux.resources.hugepageLimits[0].pageSize:"
                        + " is not a size such as 2MB: \"../2MB\"",
                "\"2MB\" | \"B\" | linux.resources.hugepageLimits[0].pageSize:"
                        + " is not a size such as 2MB: \"B\"",
                "\"defaultAction\": \"SCMP_ACT_ERRNO\" | \"defaultAction\": \"SCMP_ACT_ALLOW\" |"
                        + " linux.seccomp.defaultErrnoRet: has no meaning with SCMP_ACT_ALLOW",
                "SCMP_ARCH_X32 | SCMP_ARCH_PDP11 |"
                        + " linux.seccomp.architectures[1]:"
                        + " has an unknown value: \"SCMP_ARCH_PDP11\"",
                "SECCOMP_FILTER_FLAG_LOG | LOG |"
                        + " linux.seccomp.flags[0]: has an unknown value: \"LOG\"",
                "[\"mount\"] | [] | linux.seccomp.syscalls[2].names: is empty",
                "\"listenerPath\": \"/run/listener.sock\", | `` |"
                        + " linux.seccomp.listenerMetadata: needs a listenerPath",
                "\"/boot/vmlinuz\" | \"vmlinuz\" |"
                        + " vm.kernel.path: is not an absolute path: \"vmlinuz\"",
                "\"org.example.note\" | \"\" | annotations: has an empty key",
            })
    void refusesToValidate(String from, String to, String message) {
        assertTrue(FULL.contains(from), from);
        Spec spec = Spec.parse("config.json", utf8(FULL.replace(from, to)));
        OciException e = assertThrows(OciException.class, spec::validate);
        assertEquals(message, e.getMessage());
    }

    @Test
    void whatAContainerSharesWithTheHostItMayNotChange() {
        assertInvalid("hostname: needs a uts namespace", "'hostname':'x'");
        assertInvalid("domainname: needs a uts namespace", "'domainname':'x'");
        assertInvalid(
                "mounts: need a mount namespace", "'mounts':[{'destination':'/p','type':'proc'}]");
        assertInvalid(
                "linux.maskedPaths: need a mount namespace",
                "'linux':{'namespaces':[{'type':'pid'}],'maskedPaths':['/p']}");
        assertInvalid(
                "linux: a new user namespace needs uidMappings and gidMappings",
                "'linux':{'namespaces':[{'type':'user'}]}");
    }

    @Test
    void idsAreCheckedWhereverTheSpecComesFrom() {
        Process process =
                Process.parse(
                        "p",
                        utf8("{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1,\"gid\":1}}"));
        Process bad =
                new Process(
                        process.terminal(),
                        null,
                        process.cwd(),
                        process.env(),
                        process.args(),
                        List.of(),
                        null,
                        null,
                        true,
                        null,
                        null,
                        null,
                        null,
                        null,
                        new User(4294967295L, 0));
        Spec spec =
                new Spec(
                        Spec.VERSION,
                        new Root("/r", false),
                        List.of(),
                        bad,
                        null,
                        null,
                        null,
                        null,
                        null,
                        Map.of());
        OciException e = assertThrows(OciException.class, spec::validate);
        assertEquals("process.user.uid: 4294967295 is not from 0 to 4294967294", e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "{\"ociVersion\":1}", "{\"ociVersion\":\"1.0.0\""})
    void noDocumentAtAll(String text) {
        OciException e = assertThrows(OciException.class, () -> Spec.parse("c", utf8(text)));
        assertTrue(String.valueOf(e.getMessage()).startsWith("c: "));
    }

    @Test
    void stateGoesRound() {
        State state =
                new State(
                        Spec.VERSION,
                        "web",
                        State.Status.RUNNING,
                        42,
                        "/run/web",
                        Map.of("k", "v"));
        assertEquals(state, State.parse("state.json", state.json().bytes()));
    }

    private static void assertInvalid(String message, String members) {
        String text = "{'ociVersion':'1.2.0','root':{'path':'/r'}," + members + "}";
        Spec spec = Spec.parse("c", utf8(text.replace('\'', '"')));
        assertEquals(message, assertThrows(OciException.class, spec::validate).getMessage());
    }
}
