package dev.carafe.runtime.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Runs a classic BPF program as the kernel does for seccomp, and refuses what its checker refuses.
 */
final class BpfMachine {
    /** struct seccomp_data. */
    static final class Call {
        private final int nr;
        private final int arch;
        private final long[] args;

        Call(int nr, int arch, long... args) {
            this.nr = nr;
            this.arch = arch;
            this.args = args;
        }

        int nr() {
            return nr;
        }

        int arch() {
            return arch;
        }

        long arg(int index) {
            return index < args.length ? args[index] : 0;
        }

        byte[] bytes() {
            ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
            data.putInt(0, nr).putInt(4, arch);
            for (int i = 0; i < args.length; i++) {
                data.putLong(16 + 8 * i, args[i]);
            }
            return data.array();
        }

        @Override
        public String toString() {
            StringBuilder text =
                    new StringBuilder("call " + nr + " of arch 0x" + Integer.toHexString(arch));
            for (long arg : args) {
                text.append(" 0x").append(Long.toHexString(arg));
            }
            return text.toString();
        }
    }

    private final ByteBuffer program;
    private int executed;

    BpfMachine(byte[] program) {
        this.program = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        check();
    }

    /** How many instructions the last run took. */
    int executed() {
        return executed;
    }

    int length() {
        return program.capacity() / 8;
    }

    int run(Call call) {
        ByteBuffer data = ByteBuffer.wrap(call.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        executed = 0;
        int a = 0;
        for (int pc = 0; ; pc++) {
            executed++;
            int k = program.getInt(8 * pc + 4);
            int jt = program.get(8 * pc + 2) & 0xFF;
            int jf = program.get(8 * pc + 3) & 0xFF;
            switch (program.getShort(8 * pc)) {
                case 0x20 -> a = data.getInt(k);
                case 0x54 -> a &= k;
                case 0x05 -> pc += k;
                case 0x15 -> pc += a == k ? jt : jf;
                case 0x25 -> pc += Integer.compareUnsigned(a, k) > 0 ? jt : jf;
                case 0x35 -> pc += Integer.compareUnsigned(a, k) >= 0 ? jt : jf;
                case 0x45 -> pc += (a & k) != 0 ? jt : jf;
                case 0x06 -> {
                    return k;
                }
                default -> throw new AssertionError("instruction " + pc + " is not one");
            }
        }
    }

    /** The rules of bpf_check_classic and seccomp_check_filter. */
    private void check() {
        int n = length();
        if (n == 0 || n > 4096 || program.capacity() % 8 != 0) {
            throw new AssertionError("a program of " + program.capacity() + " bytes");
        }
        for (int pc = 0; pc < n; pc++) {
            int k = program.getInt(8 * pc + 4);
            int furthest =
                    switch (program.getShort(8 * pc)) {
                        case 0x05 -> k;
                        case 0x15, 0x25, 0x35, 0x45 ->
                                Math.max(
                                        program.get(8 * pc + 2) & 0xFF,
                                        program.get(8 * pc + 3) & 0xFF);
                        default -> 0;
                    };
            if (furthest < 0 || pc + furthest + 1 >= n && program.getShort(8 * pc) != 0x06) {
                throw new AssertionError("instruction " + pc + " leaves the program");
            }
            if (program.getShort(8 * pc) == 0x20 && (k < 0 || k > 60 || k % 4 != 0)) {
                throw new AssertionError("instruction " + pc + " loads from " + k);
            }
        }
    }
}
