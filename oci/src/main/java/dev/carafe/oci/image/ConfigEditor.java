package dev.carafe.oci.image;

import dev.carafe.oci.image.ImageConfig.Config;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A copy of a {@link Config} whose properties can be set one by one. */
public final class ConfigEditor {
    private @Nullable String user;
    private List<String> exposedPorts;
    private List<String> env;
    private List<String> entrypoint;
    private List<String> cmd;
    private List<String> volumes;
    private @Nullable String workingDir;
    private Map<String, String> labels;
    private @Nullable String stopSignal;
    private boolean argsEscaped;
    private @Nullable Healthcheck healthcheck;
    private List<String> onBuild;
    private List<String> shell;

    ConfigEditor(Config from) {
        user = from.user();
        exposedPorts = from.exposedPorts();
        env = from.env();
        entrypoint = from.entrypoint();
        cmd = from.cmd();
        volumes = from.volumes();
        workingDir = from.workingDir();
        labels = from.labels();
        stopSignal = from.stopSignal();
        argsEscaped = from.argsEscaped();
        healthcheck = from.healthcheck();
        onBuild = from.onBuild();
        shell = from.shell();
    }

    /** Sets {@link Config#user}. */
    public ConfigEditor user(@Nullable String value) {
        user = value;
        return this;
    }

    /** Sets {@link Config#exposedPorts}. */
    public ConfigEditor exposedPorts(List<String> value) {
        exposedPorts = value;
        return this;
    }

    /** Sets {@link Config#env}. */
    public ConfigEditor env(List<String> value) {
        env = value;
        return this;
    }

    /** Sets {@link Config#entrypoint}. */
    public ConfigEditor entrypoint(List<String> value) {
        entrypoint = value;
        return this;
    }

    /** Sets {@link Config#cmd}. */
    public ConfigEditor cmd(List<String> value) {
        cmd = value;
        return this;
    }

    /** Sets {@link Config#volumes}. */
    public ConfigEditor volumes(List<String> value) {
        volumes = value;
        return this;
    }

    /** Sets {@link Config#workingDir}. */
    public ConfigEditor workingDir(@Nullable String value) {
        workingDir = value;
        return this;
    }

    /** Sets {@link Config#labels}. */
    public ConfigEditor labels(Map<String, String> value) {
        labels = value;
        return this;
    }

    /** Sets {@link Config#stopSignal}. */
    public ConfigEditor stopSignal(@Nullable String value) {
        stopSignal = value;
        return this;
    }

    /** Sets {@link Config#argsEscaped}. */
    public ConfigEditor argsEscaped(boolean value) {
        argsEscaped = value;
        return this;
    }

    /** Sets {@link Config#healthcheck}. */
    public ConfigEditor healthcheck(@Nullable Healthcheck value) {
        healthcheck = value;
        return this;
    }

    /** Sets {@link Config#onBuild}. */
    public ConfigEditor onBuild(List<String> value) {
        onBuild = value;
        return this;
    }

    /** Sets {@link Config#shell}. */
    public ConfigEditor shell(List<String> value) {
        shell = value;
        return this;
    }

    /** The configuration as it is now. */
    public Config done() {
        return new Config(
                user,
                exposedPorts,
                env,
                entrypoint,
                cmd,
                volumes,
                workingDir,
                labels,
                stopSignal,
                argsEscaped,
                healthcheck,
                onBuild,
                shell);
    }
}
