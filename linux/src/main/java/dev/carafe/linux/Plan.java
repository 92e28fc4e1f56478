package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A straight list of system calls. It is only data: it can be printed, compared with a golden file,
 * or assembled for an address and run by the {@link Interpreter}.
 *
 * <p>Assembled layout: a context of 96 bytes (six slots of {failing step's address, errno}), the
 * steps of 80 bytes each, an end mark, then strings and blobs.
 */
public final class Plan {
    static final int CONTEXT = 96;
    static final int STEP = 80;
    static final int RESULT = 64;
    static final int TICKS = 72;
    private static final int O_WRONLY_CLOEXEC = 0x80001;

    /** The 64-bit value at an address, read when the step runs, as its argument. */
    public record Word(long address) {}

    private final List<Step> steps = new ArrayList<>();

    /**
     * Appends a system call.
     *
     * @param why a few words for {@code explain}
     * @param args up to six: an Integer or Long, a String (becomes a C string), a Blob (its
     *     address), a Blob.Part (an address inside it), a Blob.Value, a Named number, or an earlier
     *     Step (its result)
     */
    public Step call(String why, Sys sys, Object... args) {
        if (args.length > 6) {
            throw new IllegalArgumentException("a system call takes up to six arguments");
        }
        List<Object> list = new ArrayList<>(args.length);
        for (Object arg : args) {
            list.add(argument(arg));
        }
        Step step = new Step(steps.size(), why, sys, list);
        steps.add(step);
        return step;
    }

    // not a pattern switch, here and in the writer: it makes a class at run time, 2 to 10 ms of a
    // cold start
    private static Object argument(Object arg) {
        if (arg instanceof Integer i) {
            return (Long) (long) i;
        }
        if (arg instanceof Long
                || arg instanceof String
                || arg instanceof Blob
                || arg instanceof Blob.Value
                || arg instanceof Blob.Part
                || arg instanceof Word
                || arg instanceof Step
                || arg instanceof Named) {
            return arg;
        }
        throw new IllegalArgumentException("not an argument: " + arg.getClass());
    }

    /**
     * Appends a sum, a + b - minus: each a number, a Step's result or a Blob.Value.
     *
     * @param into where the sum is also stored: a Blob, a Blob.Part, or 0 for nowhere
     */
    public Step sum(String why, Object a, Object b, Object minus, Object into) {
        return call(why, Sys.SUM, a, b, minus, into);
    }

    /** Appends a jump. */
    public Step go(String why, Label to) {
        return sum(why, 1, 0, 0, 0).onSuccess(to);
    }

    /** Appends the three calls that write a text to an existing file; returns the write. */
    public Step writeFile(String why, String path, String text) {
        Step file = call(why, Sys.OPENAT, Fd.AT_FDCWD, path, O_WRONLY_CLOEXEC);
        Step write = call(why, Sys.WRITE, file, text, text.getBytes(StandardCharsets.UTF_8).length);
        call("done with " + path, Sys.CLOSE, file);
        return write;
    }

    /** A label to be placed later. */
    public Label label() {
        return new Label();
    }

    /** The index of the step at an address, in a plan that was assembled for a base. */
    public static int stepAt(long base, long address) {
        return Math.toIntExact((address - base - CONTEXT) / STEP);
    }

    /** A label in another plan's memory: the address of its first step. */
    public static Label elsewhere(long base) {
        return new Label(base + CONTEXT);
    }

    /** Gives the label its place: before the next step that is appended. */
    public void place(Label label) {
        label.place(steps.size());
    }

    public List<Step> steps() {
        return Collections.unmodifiableList(steps);
    }

    /** Where things lie in an assembled plan. */
    public static final class Layout {
        private final long base;
        private final IdentityHashMap<Object, Integer> places;
        private final int size;

        Layout(long base, IdentityHashMap<Object, Integer> places, int size) {
            this.base = base;
            this.places = places;
            this.size = size;
        }

        /** The address that the plan was assembled for. */
        public long base() {
            return base;
        }

        /** The address of the first step. */
        public long firstStep() {
            return base + CONTEXT;
        }

        /** The offset of a blob from the base. */
        public int offset(Blob blob) {
            Integer at = places.get(blob);
            if (at == null) {
                throw new IllegalArgumentException("the plan does not hold this blob");
            }
            return at;
        }

        /** The offset of a step's 64-bit result from the base. */
        public int resultOffset(Step step) {
            return CONTEXT + STEP * step.index() + RESULT;
        }

        /** The offset of the time stamp that a step leaves, from the base. */
        public int ticksOffset(Step step) {
            return CONTEXT + STEP * step.index() + TICKS;
        }

        /** The index of the step at an address, as the context names it. */
        public int stepAt(long address) {
            return Plan.stepAt(base, address);
        }

        /** The assembled size in bytes. */
        public int size() {
            return size;
        }
    }

    /**
     * Writes the plan for an address.
     *
     * @param base the address at which the bytes will be seen by whoever runs them
     * @throws IllegalStateException when {@code out} is too small (the arguments and environment
     *     are too long)
     */
    public Layout assemble(Arch arch, long base, ByteBuffer out) {
        out.order(ByteOrder.LITTLE_ENDIAN);
        int data = CONTEXT + STEP * (steps.size() + 1);
        Writer writer = new Writer(base, out, data);
        writer.zero(0, data);
        for (Step step : steps) {
            writer.step(arch, step);
        }
        out.put(CONTEXT + STEP * steps.size() + 4, (byte) Step.END);
        writer.fixUp();
        return new Layout(base, writer.places, writer.end);
    }

    private static final class Writer {
        private final long base;
        private final ByteBuffer out;
        private final IdentityHashMap<Object, Integer> places = new IdentityHashMap<>();
        private final Map<String, Integer> strings = new HashMap<>();
        private final List<Blob> pending = new ArrayList<>();
        private int end;

        Writer(long base, ByteBuffer out, int end) {
            this.base = base;
            this.out = out;
            this.end = end;
        }

        void zero(int from, int to) {
            room(to);
            for (int i = from; i < to; i += 8) {
                out.putLong(i, 0);
            }
        }

        void step(Arch arch, Step step) {
            int at = CONTEXT + STEP * step.index();
            out.putInt(at, step.sys().number(arch));
            out.put(at + 4, (byte) step.flags());
            out.putShort(at + 6, (short) step.okErrno());
            int mask = 0;
            for (int i = 0; i < step.args().size(); i++) {
                Object arg = step.args().get(i);
                if (arg instanceof Step || arg instanceof Blob.Value || arg instanceof Word) {
                    mask |= 1 << i;
                }
                out.putLong(at + 8 + 8 * i, value(arg));
            }
            out.put(at + 5, (byte) mask);
            Label target = step.target();
            if (target != null) {
                out.putLong(
                        at + 56,
                        target.address() != 0
                                ? target.address()
                                : base + CONTEXT + (long) STEP * target.index());
            }
        }

        @SuppressWarnings("IfChainToSwitch")
        private long value(Object arg) {
            if (arg instanceof Long l) {
                return l;
            } else if (arg instanceof Named n) {
                return n.value();
            } else if (arg instanceof String s) {
                return base + string(s);
            } else if (arg instanceof Blob b) {
                return base + blob(b);
            } else if (arg instanceof Blob.Value v) {
                return base + blob(v.blob()) + v.offset();
            } else if (arg instanceof Word w) {
                return w.address();
            } else if (arg instanceof Blob.Part p) {
                return base + blob(p.blob()) + p.offset();
            } else if (arg instanceof Step s) {
                return base + CONTEXT + (long) STEP * s.index() + RESULT;
            }
            throw new IllegalStateException();
        }

        private int string(String s) {
            Integer known = strings.get(s);
            if (known != null) {
                return known;
            }
            if (s.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "the text holds a NUL byte: " + s.replace('\0', '?'));
            }
            byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
            int at = end;
            room(at + bytes.length + 1);
            out.put(at, bytes);
            out.put(at + bytes.length, (byte) 0);
            end = (at + bytes.length + 8) & ~7;
            strings.put(s, at);
            return at;
        }

        private int blob(Blob blob) {
            Integer known = places.get(blob);
            if (known != null) {
                return known;
            }
            int at = end;
            room(at + blob.size() + 8);
            out.put(at, blob.bytes());
            end = (at + blob.size() + 7) & ~7;
            places.put(blob, at);
            pending.add(blob);
            return at;
        }

        void fixUp() {
            for (int i = 0; i < pending.size(); i++) {
                Blob blob = pending.get(i);
                int at = blob(blob);
                for (Blob.Pointer p : blob.pointers()) {
                    out.putLong(at + p.offset(), value(p.target()));
                }
            }
        }

        private void room(int to) {
            if (to > out.capacity()) {
                throw new IllegalStateException(
                        "the arguments, environment and mounts need more than "
                                + (out.capacity() >> 20)
                                + " MiB");
            }
        }
    }
}
