package dev.carafe.linux;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A minimal assembler for code that is too short for a real one: bytes, labels, and the branches of
 * the two instruction sets. It checks nothing.
 */
public final class Code {
    private enum Branch {
        X86_REL32,
        ARM_IMM26,
        ARM_IMM19,
        ARM_IMM14
    }

    private record Use(int at, Branch branch, String label) {}

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Use> uses = new ArrayList<>();

    /** Bytes as they are; of each the lowest eight bits. */
    public Code bytes(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    /** 32 bits, the lowest first: an instruction of aarch64, or a constant. */
    public Code word(int word) {
        return bytes(word, word >> 8, word >> 16, word >> 24);
    }

    /** 64 bits, the lowest first. */
    public Code u64(long value) {
        return word((int) value).word((int) (value >> 32));
    }

    /** Gives a label its place: here. */
    public Code at(String label) {
        labels.put(label, out.size());
        return this;
    }

    /** Zeros up to an offset. */
    public Code padTo(int offset) {
        while (out.size() < offset) {
            out.write(0);
        }
        return this;
    }

    /** x86: {@code jmp label}. */
    public Code jmp(String label) {
        bytes(0xE9);
        return use(Branch.X86_REL32, label, 0);
    }

    /** x86: {@code jcc label}, the condition by its code (4 is z, 5 nz, 3 ae). */
    public Code jcc(int condition, String label) {
        bytes(0x0F, 0x80 + condition);
        return use(Branch.X86_REL32, label, 0);
    }

    /** aarch64: {@code b label}. */
    Code b(String label) {
        return use(Branch.ARM_IMM26, label, 0x14000000);
    }

    /** aarch64: b.cond, cbz or cbnz, which share the place of their offset. */
    Code branch19(int word, String label) {
        return use(Branch.ARM_IMM19, label, word);
    }

    /** aarch64: tbz or tbnz. */
    Code branch14(int word, String label) {
        return use(Branch.ARM_IMM14, label, word);
    }

    private Code use(Branch branch, String label, int word) {
        uses.add(new Use(out.size(), branch, label));
        return word(word);
    }

    /**
     * The code with its branches filled in.
     *
     * @throws IllegalStateException when a branch names a label without a place
     */
    public byte[] assemble() {
        byte[] code = out.toByteArray();
        for (Use use : uses) {
            Integer target = labels.get(use.label);
            if (target == null) {
                throw new IllegalStateException("no label " + use.label);
            }
            int words = (target - use.at) / 4;
            int bits =
                    switch (use.branch) {
                        case X86_REL32 -> target - use.at - 4;
                        case ARM_IMM26 -> words & 0x3FFFFFF;
                        case ARM_IMM19 -> (words & 0x7FFFF) << 5;
                        case ARM_IMM14 -> (words & 0x3FFF) << 5;
                    };
            for (int i = 0; i < 4; i++) {
                code[use.at + i] |= (byte) (bits >> 8 * i);
            }
        }
        return code;
    }
}
