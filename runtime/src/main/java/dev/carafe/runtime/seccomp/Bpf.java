package dev.carafe.runtime.seccomp;

import java.util.HashMap;
import java.util.Map;

/**
 * Assembles classic BPF (linux/filter.h) from its end to its beginning: an instruction can only go
 * to ones that were added before it. Equal instructions are stored once. A node is an instruction's
 * place counted from the end.
 */
final class Bpf {
    /** The kernel's limit, BPF_MAXINSNS. */
    static final int MAX = 4096;

    static final int LD_W_ABS = 0x20;
    private static final int ALU_AND_K = 0x54;
    private static final int JMP_JA = 0x05;
    static final int RET_K = 0x06;
    static final int JEQ = 0x15;
    static final int JGT = 0x25;
    static final int JGE = 0x35;

    /** A conditional jump reaches this far. */
    private static final int REACH = 255;

    private final Map<Long, Integer> known = new HashMap<>();
    private final int[] codes = new int[MAX];
    private final int[] values = new int[MAX];
    private int size;

    /** An instruction with the nodes that it goes to, in one number; nodes fit in 12 bits. */
    private static long key(int code, int k, int yes, int no) {
        return (long) code << 56 | (k & 0xFFFF_FFFFL) << 24 | yes << 12 | no;
    }

    /** Ends the program with a verdict. */
    int ret(int verdict) {
        long key = key(RET_K, verdict, 0, 0);
        Integer node = known.get(key);
        return node != null ? node : append(key, RET_K, verdict);
    }

    /** Loads the 32 bits at an offset of struct seccomp_data, and goes on with {@code next}. */
    int load(int offset, int next) {
        return straight(LD_W_ABS, offset, next);
    }

    /** Ands the loaded value with a mask, and goes on with {@code next}. */
    int and(int mask, int next) {
        return mask == -1 ? next : straight(ALU_AND_K, mask, next);
    }

    /** Compares the loaded value, unsigned, with {@code k}. */
    int jump(int code, int k, int yes, int no) {
        if (yes == no) {
            return yes;
        }
        long key = key(code, k, yes, no);
        Integer node = known.get(key);
        if (node != null) {
            return node;
        }
        int jt = near(yes);
        int jf = near(no);
        return append(key, code | size - jt - 1 << 16 | size - jf - 1 << 24, k);
    }

    /** The program from a first instruction on, as an array of struct sock_filter. */
    byte[] program(int first) {
        int start = first == size - 1 ? first : repeat(first);
        byte[] out = new byte[8 * (start + 1)];
        int at = 0;
        for (int i = start; i >= 0; i--) {
            at = put(out, at, codes[i]);
            at = put(out, at, values[i]);
        }
        return out;
    }

    private int straight(int code, int k, int next) {
        long key = key(code, k, next, next);
        Integer node = known.get(key);
        if (node != null) {
            return node;
        }
        if (next != size - 1) {
            repeat(next);
        }
        return append(key, code, k);
    }

    /** A node that is, or goes to, the given one and is in reach of the next two instructions. */
    private int near(int node) {
        if (size - node < REACH) {
            return node;
        }
        Integer newest = known.get(repeated(node));
        return newest != null && size - newest < REACH ? newest : repeat(node);
    }

    /** Adds a copy of a verdict, or a long jump to anything else. */
    private int repeat(int node) {
        return codes[node] == RET_K
                ? append(repeated(node), RET_K, values[node])
                : append(repeated(node), JMP_JA, size - node - 1);
    }

    private long repeated(int node) {
        return codes[node] == RET_K ? key(RET_K, values[node], 0, 0) : key(JMP_JA, 0, node, node);
    }

    /** Remembers the newest of equal ones, the one that most are in reach of. */
    private int append(long key, int code, int k) {
        if (size == MAX) {
            throw new IllegalArgumentException(
                    "the seccomp profile needs more than " + MAX + " BPF instructions");
        }
        codes[size] = code;
        values[size] = k;
        known.put(key, size);
        return size++;
    }

    /** Writes 32 bits; returns the place after them. */
    static int put(byte[] out, int at, int value) {
        out[at] = (byte) value;
        out[at + 1] = (byte) (value >> 8);
        out[at + 2] = (byte) (value >> 16);
        out[at + 3] = (byte) (value >> 24);
        return at + 4;
    }
}
