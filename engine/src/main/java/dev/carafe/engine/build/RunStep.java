package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Command;
import dev.carafe.engine.dockerfile.Instruction;
import dev.carafe.engine.dockerfile.Mount;
import dev.carafe.engine.dockerfile.MountFlag;
import dev.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** RUN: a command in a container of its own, on a layer of its own. */
final class RunStep {
    private static final String SCRIPTS = "/dev/pipes/";

    private final StageBuild build;
    private final Work work;
    private final State state;
    private final Instruction.Run run;
    private final List<Mount> mounts = new ArrayList<>();

    RunStep(StageBuild build, Instruction.Run run) {
        this.build = build;
        this.work = build.work();
        this.state = build.state();
        this.run = run;
    }

    void run() throws IOException {
        if (run.security() == Instruction.Security.INSECURE) {
            throw new BuildException(
                    "RUN --security=insecure isn't available: steps run with the usual rights");
        }
        for (MountFlag flag : run.mounts()) {
            mounts.add(flag.mount(build.scope()));
        }
        List<String> arguments = arguments();
        Map<String, String> args = build.scope().arguments();
        build.layer(run, key(arguments, args), history(arguments, args), this::execute);
    }

    private List<String> arguments() {
        if (run.command() instanceof Command.Exec exec) {
            return exec.arguments();
        }
        List<String> arguments = new ArrayList<>(state.shell());
        arguments.add(
                run.command() instanceof Command.Script script
                        ? SCRIPTS + script.name()
                        : ((Command.Shell) run.command()).text());
        return arguments;
    }

    /** As docker history shows it: the ARGs that were there before the command. */
    private static String history(List<String> arguments, Map<String, String> args) {
        StringBuilder text = new StringBuilder("RUN ");
        if (!args.isEmpty()) {
            text.append('|').append(args.size()).append(' ');
            for (Map.Entry<String, String> arg : args.entrySet()) {
                text.append(arg.getKey()).append('=').append(arg.getValue()).append(' ');
            }
        }
        return text.append(String.join(" ", arguments)).toString();
    }

    private String key(List<String> arguments, Map<String, String> args) throws IOException {
        ImageConfig.Config config = state.config();
        Hash hash = new Hash().put("run").put(state.key()).put(arguments);
        hash.put(config.env()).put(state.workdir());
        hash.put(config.user() == null ? "" : config.user());
        hash.put(args.size());
        for (Map.Entry<String, String> arg : args.entrySet()) {
            hash.put(arg.getKey()).put(arg.getValue());
        }
        if (run.command() instanceof Command.Script script) {
            hash.put(script.content());
        }
        hash.put(network().name());
        hash.put(work.options().addHosts().toString());
        hash.put(mounts.size());
        for (Mount mount : mounts) {
            key(mount, hash);
        }
        return hash.hex();
    }

    /** Of secrets, agents and caches only where they are: what they hold must not matter. */
    private void key(Mount mount, Hash hash) throws IOException {
        String target = mount.target();
        hash.put(mount.getClass().getSimpleName()).put(target == null ? "" : target);
        if (mount instanceof Mount.Bind bind) {
            hash.put(bind.source()).put(bind.readOnly() ? 1 : 0);
            String identity = work.inputs().identity(bind.from());
            hash.put(identity == null ? contents(bind) : identity);
        } else if (mount instanceof Mount.Secret secret) {
            hash.put(secret.id()).put(secret.env() == null ? "" : secret.env());
        } else if (mount instanceof Mount.Cache cache) {
            hash.put(cache.id());
        }
    }

    private String contents(Mount.Bind bind) throws IOException {
        Source source = work.inputs().source(bind.from());
        Source.Found found = source.find(At.bytes(bind.source()));
        if (found == null) {
            throw new BuildException(
                    "--mount: " + source.name() + " has no " + At.shown(At.bytes(bind.source())));
        }
        return new Contents(source, Filter.NONE, work.digests()).add(List.of(found)).hex();
    }

    private StepRunner.Network network() {
        return switch (run.network()) {
            case DEFAULT -> work.options().network();
            case NONE -> StepRunner.Network.NONE;
            case HOST -> StepRunner.Network.HOST;
        };
    }

    private void execute(int number, Path upper, Path overlay) throws IOException {
        Platforms.checkRunnable(state.platform());
        RunMounts all =
                new RunMounts(
                        work.options(),
                        work.draft(),
                        work.caches(),
                        work.inputs(),
                        state.workdir());
        try (all) {
            for (Mount mount : mounts) {
                all.add(mount);
            }
            if (run.command() instanceof Command.Script script) {
                all.script(
                        SCRIPTS + script.name(), script.content().getBytes(StandardCharsets.UTF_8));
            }
            List<Path> lowers = withStubs(all.attachments());
            try (Merged root = Merged.writable(lowers, upper, overlay)) {
                run(number, root, all);
            }
        }
    }

    private List<Path> withStubs(List<StepRunner.Attachment> attachments) throws IOException {
        List<Stubs.Target> targets = new ArrayList<>();
        for (StepRunner.Attachment one : attachments) {
            targets.add(new Stubs.Target(At.clean(At.bytes(one.destination())), one.directory()));
        }
        List<Path> lowers = new ArrayList<>(work.lowers(state));
        Path stubs = work.draft().newDirectory("stubs");
        try (Merged image = Merged.readOnly(lowers, work.empty())) {
            if (Stubs.make(image.root(), stubs, targets)) {
                lowers.add(0, stubs);
            }
        }
        return lowers;
    }

    private void run(int number, Merged root, RunMounts all) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>(build.scope().runEnvironment());
        environment.putAll(all.environment());
        List<String> arguments = arguments();
        StepRunner.Step step =
                new StepRunner.Step(
                        "RUN",
                        state.baseId(),
                        state.config(),
                        work.lowers(state),
                        arguments,
                        environment,
                        root.root(),
                        all.attachments(),
                        network());
        int code = work.runner().run(step, output(number, all));
        if (code != 0) {
            throw new BuildException(shown() + ": exit code " + code);
        }
    }

    private StepRunner.Output output(int number, RunMounts all) {
        return new StepRunner.Output() {
            @Override
            public void started() throws IOException {
                all.started();
            }

            @Override
            public void write(int stream, byte[] bytes, int length) {
                work.listener().output(number, stream, bytes, length);
            }
        };
    }

    /** The instruction on one line of a decent length. */
    private String shown() {
        StringBuilder out = new StringBuilder();
        String text = run.text();
        for (int i = 0; i < text.length() && i < 200; i++) {
            out.append(Character.isISOControl(text.charAt(i)) ? ' ' : text.charAt(i));
        }
        return text.length() > 200 ? out.append("...").toString() : out.toString();
    }
}
