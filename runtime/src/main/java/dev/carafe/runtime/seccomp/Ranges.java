package dev.carafe.runtime.seccomp;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a 32-bit value, compared unsigned, leads to: a node of a {@link Bpf} for each range of
 * values.
 */
final class Ranges {
    /**
     * How many lone values of a range are compared one after the other. Two are the measured
     * optimum of the default profile between total and executed instructions.
     */
    private static final int HOLES = 2;

    private static final int FLIP = Integer.MIN_VALUE;

    /** By first value, its sign bit flipped: so the order is that of unsigned values. */
    private final TreeMap<Integer, Integer> starts = new TreeMap<>();

    /** Every value leads to {@code node}. */
    Ranges(int node) {
        starts.put(FLIP, node);
    }

    /** The values from one to another, both included, lead to {@code node} from now on. */
    void put(int from, int to, int node) {
        int after = at(to);
        starts.subMap(from ^ FLIP, true, to ^ FLIP, true).clear();
        starts.put(from ^ FLIP, node);
        if (to != -1) {
            starts.putIfAbsent(to + 1 ^ FLIP, after);
        }
    }

    /** The node that a value leads to. */
    int at(int value) {
        return starts.floorEntry(value ^ FLIP).getValue();
    }

    /** Assembles a search for the loaded value. */
    int tree(Bpf bpf) {
        return new Tree(bpf, starts).node();
    }

    /**
     * Loads the value from an offset of struct seccomp_data first, if there is anything to decide.
     */
    int loadTree(Bpf bpf, int offset) {
        Tree tree = new Tree(bpf, starts);
        int node = tree.node();
        return tree.segments == 1 && tree.last[0] == 0 ? node : bpf.load(offset, node);
    }

    /**
     * A balanced tree of segments; a segment is a range with up to {@link #HOLES} lone values in
     * it.
     */
    private static final class Tree {
        private final Bpf bpf;
        private final int[] start;
        private final int[] node;
        private final int[] first;
        private final int[] last;
        private int segments;

        Tree(Bpf bpf, Map<Integer, Integer> ranges) {
            this.bpf = bpf;
            start = new int[ranges.size()];
            node = new int[ranges.size()];
            int n = 0;
            for (Map.Entry<Integer, Integer> range : ranges.entrySet()) {
                if (n == 0 || node[n - 1] != range.getValue()) {
                    start[n] = range.getKey() ^ FLIP;
                    node[n++] = range.getValue();
                }
            }
            first = new int[n];
            last = new int[n];
            for (int i = 0; i < n; i++) {
                first[segments] = i;
                for (int holes = 0; holes < HOLES && i + 2 < n && hole(i + 1); holes++) {
                    i += 2;
                }
                last[segments++] = i;
            }
        }

        private boolean hole(int i) {
            return node[i - 1] == node[i + 1] && start[i + 1] == start[i] + 1;
        }

        int node() {
            return node(0, segments);
        }

        private int node(int from, int to) {
            if (to - from == 1) {
                return segment(first[from], last[from]);
            }
            int middle = from + to >>> 1;
            int right = node(middle, to);
            return bpf.jump(Bpf.JGE, start[first[middle]], right, node(from, middle));
        }

        private int segment(int from, int to) {
            int rest = node[from];
            for (int i = to - 1; i > from; i -= 2) {
                rest = bpf.jump(Bpf.JEQ, start[i], node[i], rest);
            }
            return rest;
        }
    }
}
