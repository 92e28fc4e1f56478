package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.DeviceMapping;
import dev.carafe.engine.NamespaceMode;
import dev.carafe.engine.Propagation;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Ulimit;
import dev.carafe.engine.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFlagsTest {
    private static RunOptions parse(String line) throws UsageException {
        return RunFlags.parse("run", line.split(" ", -1), 0).run();
    }

    private static String refusal(String line) {
        return Objects.requireNonNull(
                assertThrows(
                                UsageException.class,
                                () -> RunFlags.parse("run", line.split(" ", -1), 0))
                        .getMessage());
    }

    @Test
    void readsTheLineOfTheReadme() throws UsageException {
        RunOptions run =
                parse(
                        "-it --rm -m 256m --cpus 0.5 --pids-limit 64 -e A=b -w /tmp -u 1000:1000 -v ./src:/src:ro"
                                + " --hostname web --read-only --tmpfs /run --cap-drop ALL debian:bookworm bash -c x");
        assertTrue(run.interactive() && run.tty() && run.remove() && run.readOnly());
        assertEquals(OptionalLong.of(256L << 20), run.memory());
        assertEquals(OptionalLong.of(500_000_000), run.nanoCpus());
        assertEquals(OptionalLong.of(64), run.pidsLimit());
        assertEquals(List.of(new RunOptions.Env("A", "b")), run.env());
        assertEquals(Optional.of("/tmp"), run.workdir());
        assertEquals(Optional.of("1000:1000"), run.user());
        assertEquals(
                List.of(
                        new Volume(
                                Path.of("src"),
                                "/src",
                                true,
                                Volume.Recursion.ENABLED,
                                Propagation.RPRIVATE,
                                true)),
                run.volumes());
        assertTrue(run.volumes().getFirst().source().isAbsolute());
        assertEquals(Optional.of("web"), run.hostname());
        assertEquals(Map.of("/run", ""), run.tmpfs());
        assertEquals(List.of("ALL"), run.capDrop());
        assertEquals("debian:bookworm", run.image());
        assertEquals(List.of("bash", "-c", "x"), run.command());
    }

    @Test
    void readsEveryWayToWriteAnOption() throws UsageException {
        for (String way :
                new String[] {
                    "-m 1g", "-m1g", "-m=1g", "--memory 1g", "--memory=1g", "-itm 1g", "-itm1g"
                }) {
            assertEquals(OptionalLong.of(1L << 30), parse(way + " i").memory(), way);
        }
        assertFalse(parse("--rm=false i").remove());
        assertTrue(parse("-i=true i").interactive());
        assertEquals("-x", parse("-- -x").image());
        assertEquals(List.of("-it", "--rm"), parse("i -it --rm").command());
        assertEquals(List.of("--", "a"), parse("i -- a").command());
    }

    @Test
    void readsLimits() throws UsageException {
        RunOptions run =
                parse(
                        "--memory-swap -1 --memory-reservation 64k --memory-swappiness 0 --oom-kill-disable"
                                + " --oom-score-adj -500 -c 512 --cpu-quota 5000 --cpu-period 10000 --cpuset-cpus 0-3,8"
                                + " --cpuset-mems 0 --blkio-weight 300 --blkio-weight-device /dev/sda:200"
                                + " --device-read-bps /dev/sda:1mb --device-write-iops /dev/sda:100 --shm-size 1g"
                                + " --ulimit nofile=1024:2048 --ulimit core=unlimited --pids-limit -1 i");
        assertEquals(OptionalLong.of(-1), run.memorySwap());
        assertEquals(OptionalLong.of(65536), run.memoryReservation());
        assertEquals(OptionalInt.of(0), run.memorySwappiness());
        assertTrue(run.oomKillDisable());
        assertEquals(OptionalInt.of(-500), run.oomScoreAdj());
        assertEquals(OptionalLong.of(512), run.cpuShares());
        assertEquals(OptionalLong.of(5000), run.cpuQuota());
        assertEquals(OptionalLong.of(10000), run.cpuPeriod());
        assertEquals(Optional.of("0-3,8"), run.cpusetCpus());
        assertEquals(Optional.of("0"), run.cpusetMems());
        assertEquals(OptionalInt.of(300), run.blkioWeight());
        assertEquals(List.of(new RunOptions.DeviceRate("/dev/sda", 200)), run.blkioWeightDevice());
        assertEquals(List.of(new RunOptions.DeviceRate("/dev/sda", 1 << 20)), run.deviceReadBps());
        assertEquals(List.of(new RunOptions.DeviceRate("/dev/sda", 100)), run.deviceWriteIops());
        assertEquals(OptionalLong.of(1L << 30), run.shmSize());
        assertEquals(
                List.of(new Ulimit("nofile", 1024, 2048), new Ulimit("core", -1, -1)),
                run.ulimits());
        assertEquals(OptionalLong.of(-1), run.pidsLimit());
    }

    @Test
    void readsMountsDevicesAndNamespaces() throws UsageException {
        RunOptions run =
                parse(
                        "--mount type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave,bind-recursive=readonly"
                                + " --mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777 --tmpfs /r:size=4k"
                                + " -v /x:/y:rro,rshared --device /dev/null:/dev/zero:r --device /dev/fuse --pid host"
                                + " --ipc ns:/proc/1/ns/ipc --uts private --net host --userns host i");
        assertEquals(
                List.of(
                        new Volume(
                                Path.of("/a"),
                                "/b",
                                true,
                                Volume.Recursion.READONLY,
                                Propagation.RSLAVE,
                                false),
                        new Volume(
                                Path.of("/x"),
                                "/y",
                                true,
                                Volume.Recursion.READONLY,
                                Propagation.RSHARED,
                                true)),
                run.volumes());
        assertEquals(Map.of("/t", "size=1048576,mode=1777", "/r", "size=4k"), run.tmpfs());
        assertEquals(
                List.of(
                        new DeviceMapping("/dev/null", "/dev/zero", "r"),
                        new DeviceMapping("/dev/fuse", "/dev/fuse", "rwm")),
                run.devices());
        assertEquals(Optional.of(NamespaceMode.HOST), run.pid());
        assertEquals(Optional.of(new NamespaceMode.Path("/proc/1/ns/ipc")), run.ipc());
        assertEquals(Optional.of(NamespaceMode.PRIVATE), run.uts());
        assertEquals(NamespaceMode.HOST, run.network());
        assertEquals(NamespaceMode.PRIVATE, parse("--network none i").network());
    }

    @Test
    void readsNamesAndTexts() throws UsageException {
        RunOptions run =
                parse(
                        "--add-host a:10.0.0.1 --add-host b:[::1] --dns 1.1.1.1 --dns-search x.org --dns-opt ndots:2"
                                + " -l a -l b=c=d --annotation e=f --sysctl net.core.somaxconn=5 --entrypoint  --name web-1"
                                + " --stop-signal SIGUSR1 --security-opt seccomp=unconfined --group-add audio i");
        assertEquals(Map.of("a", "10.0.0.1", "b", "::1"), run.extraHosts());
        assertEquals(List.of("ndots:2"), run.dnsOptions());
        assertEquals(Map.of("a", "", "b", "c=d"), run.labels());
        assertEquals(Map.of("net.core.somaxconn", "5"), run.sysctls());
        assertEquals(Optional.of(List.of()), run.entrypoint());
        assertEquals(Optional.of("SIGUSR1"), run.stopSignal());
    }

    @Test
    void takesVariablesFromFilesAndFromItsOwnEnvironment(@TempDir Path dir)
            throws UsageException, IOException {
        Path file = dir.resolve("env");
        Files.writeString(file, "# comment\n\nA=1\n  B=x y\nPATH\nNOT_SET_ANYWHERE\nC=\n");
        String path = System.getenv("PATH");
        assertEquals(
                List.of(
                        new RunOptions.Env("A", "1"),
                        new RunOptions.Env("B", "x y"),
                        new RunOptions.Env("PATH", path),
                        new RunOptions.Env("C", ""),
                        new RunOptions.Env("PATH", path),
                        new RunOptions.Env("NOT_SET_ANYWHERE", null)),
                parse("--env-file " + file + " -e PATH -e NOT_SET_ANYWHERE i").env());
        assertEquals(
                "invalid argument \"/no/such\" for \"--env-file\" flag: cannot read /no/such: no such file or"
                        + " directory",
                refusal("--env-file /no/such i"));
    }

    @Test
    void refusesWithOneClearLine() {
        Map<String, String> refusals =
                Map.ofEntries(
                        Map.entry("--frobnicate i", "unknown flag: --frobnicate"),
                        Map.entry("-ix i", "unknown shorthand flag: 'x' in -ix"),
                        Map.entry("--memory", "flag needs an argument: --memory"),
                        Map.entry("-im", "flag needs an argument: 'm' in -im"),
                        Map.entry("--rm", "\"carafe run\" requires at least 1 argument: the image"),
                        Map.entry(
                                "-m 256q i",
                                "invalid argument \"256q\" for \"-m, --memory\" flag: invalid size: '256q'; it must be"
                                        + " such as 256m or 1g"),
                        Map.entry(
                                "-m 1k i",
                                "invalid argument \"1k\" for \"-m, --memory\" flag: invalid value \"1024\" for memory: it"
                                        + " must be at least 524288"),
                        Map.entry(
                                "--rm=maybe i",
                                "invalid argument \"maybe\" for \"--rm\" flag: it must be true or false"),
                        Map.entry(
                                "-u 4294967296 i",
                                "invalid argument \"4294967296\" for \"-u, --user\" flag: ids go from 0 to 2147483647"),
                        Map.entry(
                                "-d i",
                                "-d, --detach isn't available yet: run it in the foreground, or append & in the shell"),
                        Map.entry(
                                "-p 80:80 i",
                                "-p, --publish isn't available yet: the networks so far are none and host"),
                        Map.entry("--restart=always i", "--restart isn't available yet"),
                        Map.entry("--health-cmd x i", "--health-cmd isn't available yet"),
                        Map.entry(
                                "--network bridge i",
                                "invalid argument \"bridge\" for \"--network\" flag: network bridge isn't available"
                                        + " yet; it must be none, host or ns:PATH"),
                        Map.entry(
                                "-v data:/data i",
                                "invalid argument \"data:/data\" for \"-v, --volume\" flag: invalid volume"
                                        + " specification \"data:/data\": named volumes aren't available yet; for a"
                                        + " directory write ./data"),
                        Map.entry(
                                "--cpus 0.1234567891 i",
                                "invalid argument \"0.1234567891\" for \"--cpus\" flag: value is too precise"),
                        Map.entry(
                                "--stop-signal NOPE i",
                                "invalid argument \"NOPE\" for \"--stop-signal\" flag: invalid signal: NOPE"),
                        Map.entry(
                                "--security-opt apparmor=x i",
                                "invalid argument \"apparmor=x\" for \"--security-opt\" flag: it must be"
                                        + " seccomp=unconfined, seccomp=FILE, no-new-privileges[=true|false] or"
                                        + " systempaths=unconfined"),
                        Map.entry(
                                "--mount type=volume,target=/a i",
                                "invalid argument \"type=volume,target=/a\" for \"--mount\" flag: mounts of type volume"
                                        + " aren't available yet; it must be bind or tmpfs"),
                        Map.entry(
                                "--mount type=tmpfs,source=/x,target=/a i",
                                "invalid argument \"type=tmpfs,source=/x,target=/a\" for \"--mount\" flag: a tmpfs has no"
                                        + " source"));
        refusals.forEach((line, text) -> assertEquals(text, refusal(line)));
    }

    @Test
    void everyAvailableOptionHasAnEffectAndNoNameIsTwice() {
        Set<String> names = new HashSet<>();
        Set<Character> letters = new HashSet<>();
        for (Option option : RunFlags.OPTIONS) {
            assertTrue(names.add(option.name()), option.name());
            assertTrue(option.letter() == 0 || letters.add(option.letter()), option.name());
            if (!option.available()) {
                continue;
            }
            try {
                RunFlags.parse("run", new String[] {"--" + option.name() + "=true", "i"}, 0);
            } catch (UsageException e) {
                // a value that is refused has reached the option
                assertTrue(
                        String.valueOf(e.getMessage()).startsWith("invalid argument"),
                        e.getMessage());
            }
        }
    }
}
