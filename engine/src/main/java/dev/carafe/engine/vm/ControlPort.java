package dev.carafe.engine.vm;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Blob;
import dev.carafe.linux.Elf;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * The port on which a guest's PID 1 takes plans. One client at a time is connected; others wait,
 * also those of other processes.
 */
final class ControlPort {
    /** Where a child of a plan leaves its failing step. */
    private static final int CHILD_SLOT = 64;

    private static final int ANSWER = 24;
    private static final long REPLY_MILLIS = 20_000;

    private final Path socket;

    ControlPort(Path socket) {
        this.socket = socket;
    }

    Fd connect() throws ErrnoException {
        return Descriptors.connect(socket);
    }

    /** Sends a plan, assembled for where PID 1 puts it; gives where its steps are. */
    static Plan.Layout send(Fd connection, Plan plan) throws IOException {
        // strings and blobs are most of it; what it takes is known when it is assembled
        ByteBuffer room = ByteBuffer.allocate(Guest.COMMAND_SIZE);
        Plan.Layout layout = plan.assemble(Arch.X86_64, Guest.COMMAND, room);
        try (Memory memory = Memory.of(layout.size() + Guest.HEADER)) {
            long buffer = memory.reserve(layout.size() + Guest.HEADER);
            memory.view(buffer, layout.size() + Guest.HEADER)
                    .putLong(0, layout.size())
                    .put(Guest.HEADER, room.array(), 0, layout.size());
            if (!Descriptors.send(connection, buffer, layout.size() + (long) Guest.HEADER)) {
                throw new IOException("the machine is gone");
            }
        }
        return layout;
    }

    /**
     * Runs a few steps in the guest, with all rights there, and waits for them.
     *
     * @throws PlanException when one failed
     */
    void run(Consumer<Plan> steps) throws IOException, PlanException {
        try (Fd connection = connect()) {
            run(connection, steps);
        }
    }

    /** As {@link #run(Consumer)}, over a connection that stays the caller's. */
    static void run(Fd connection, Consumer<Plan> steps) throws IOException, PlanException {
        Plan plan = new Plan();
        Label child = plan.label();
        Label done = plan.label();
        Guest.clone(
                plan,
                "a child whose failure can be told",
                Guest.CLONE_VM | Guest.CLONE_VFORK,
                "flags=CLONE_VM|CLONE_VFORK",
                child);
        plan.go("tell how it went", done);
        plan.place(child);
        steps.accept(plan);
        plan.call("done", Sys.EXIT_GROUP, 0);
        plan.place(done);
        // an answer to somebody who has gone meanwhile is the next client's to skip
        long token = System.nanoTime();
        Blob answer = Blob.room(ANSWER, "{token, step, errno}").u64(0, token);
        for (int word = 0; word < 2; word++) {
            Plan.Word from = new Plan.Word(Elf.PLAN + CHILD_SLOT + 8L * word);
            plan.sum("the step that failed", from, 0, 0, answer.from(8 + 8 * word));
        }
        plan.call("tell the host", Sys.WRITE, Guest.CONTROL, answer, ANSWER);
        plan.call("done", Sys.EXIT_GROUP, 0);
        try (Memory memory = Memory.borrow()) {
            Plan.Layout layout = send(connection, plan);
            long reply = memory.reserve(ANSWER);
            do {
                if (!Descriptors.await(connection, REPLY_MILLIS)) {
                    throw new IOException("the guest did not answer");
                }
                if (!Descriptors.receive(connection, reply, ANSWER)) {
                    throw new IOException("the machine is gone");
                }
            } while (memory.view(reply, ANSWER).getLong(0) != token);
            long step = memory.view(reply, ANSWER).getLong(8);
            int errno = (int) memory.view(reply, ANSWER).getLong(16);
            if (step != 0) {
                throw new PlanException(plan.steps().get(layout.stepAt(step)), errno);
            }
        }
    }

    /** Sends a signal to a process of the guest, by its number there. */
    void kill(long pid, int signal) throws IOException, PlanException {
        run(plan -> plan.call("the signal", Sys.KILL, pid, signal));
    }

    /** Gives the guest's random number generator what nobody knows, and tells it so. */
    void seed(byte[] bytes) throws IOException, PlanException {
        run(plan -> seed(plan, bytes));
    }

    /** Sets the guest's clock to this host's. See clock_settime(2). */
    static void clock(Plan plan) {
        Instant now = Instant.now();
        Blob time = Blob.room(16, "now").u64(0, now.getEpochSecond()).u64(8, now.getNano());
        plan.call("the host's time", Sys.CLOCK_SETTIME, 0, time);
    }

    /** Appends the steps of {@link #seed}. See random(4): RNDADDENTROPY, RNDRESEEDCRNG. */
    static void seed(Plan plan, byte[] bytes) {
        byte[] pool = new byte[8 + bytes.length];
        System.arraycopy(bytes, 0, pool, 8, bytes.length);
        Blob entropy = Blob.of(pool, "random bytes").u32(0, 8L * bytes.length).u32(4, bytes.length);
        Step device = plan.call("its randomness", Sys.OPENAT, Fd.AT_FDCWD, "/dev/urandom", 1, 0);
        plan.call("is the host's", Sys.IOCTL, device, 0x40085203, entropy);
        plan.call("from now on", Sys.IOCTL, device, 0x5207, 0);
        plan.call("done with it", Sys.CLOSE, device);
    }
}
