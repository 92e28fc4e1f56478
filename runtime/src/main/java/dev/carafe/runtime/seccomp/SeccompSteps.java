package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;

/** The step that puts a process behind a filter. */
public final class SeccompSteps {
    private static final int SECCOMP_SET_MODE_FILTER = 1;

    private SeccompSteps() {}

    /**
     * Installs a filter. It needs no_new_privs, and then belongs right before execve, so that
     * nothing of the start has to be allowed; or else CAP_SYS_ADMIN, and then comes before the
     * capabilities go.
     *
     * @return the step, whose result is the listener's descriptor when the filter {@link
     *     SeccompFilter#notifies}
     */
    public static Step install(Plan plan, SeccompFilter filter) {
        String size = filter.length() + " instructions";
        Blob program =
                Blob.room(16, "{" + size + "}")
                        .u16(0, filter.length())
                        .pointer(8, Blob.of(filter.program(), size));
        return plan.call(
                "filter system calls",
                Sys.SECCOMP,
                SECCOMP_SET_MODE_FILTER,
                filter.flags(),
                program);
    }
}
