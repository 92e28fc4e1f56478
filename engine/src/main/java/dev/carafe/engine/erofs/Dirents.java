package dev.carafe.engine.erofs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The content of a directory: blocks that each hold some struct erofs_dirent and then their names,
 * all in the order of the names' bytes, {@code .} and {@code ..} among them. How many bytes that
 * will be is known from the names alone, before any of the files has its place.
 */
final class Dirents {
    private static final int DIRENT = 12;

    private final String[] names;
    private final long[] nids;
    private final byte[] types;
    // the first name of each block, and one past the last
    private final int[] starts;
    private final int blocks;
    private final int tail;
    private int next;
    private int subdirectories;

    /**
     * @param children the names in it, one byte a char, in any order, each once
     */
    Dirents(List<String> children) {
        names = children.toArray(new String[children.size() + 2]);
        names[children.size()] = ".";
        names[children.size() + 1] = "..";
        Arrays.sort(names);
        nids = new long[names.length];
        types = new byte[names.length];
        int[] first = new int[8];
        int count = 0;
        int used = Blocks.SIZE;
        for (int i = 0; i < names.length; i++) {
            int need = DIRENT + names[i].length();
            if (used + need > Blocks.SIZE) {
                if (count + 1 == first.length) {
                    first = Arrays.copyOf(first, 2 * count);
                }
                first[count++] = i;
                used = 0;
            }
            used += need;
        }
        first[count] = names.length;
        starts = first;
        blocks = count;
        tail = used;
    }

    /** How many blocks there are, the last one shorter. */
    int blocks() {
        return blocks;
    }

    /** The bytes of the last block, 1 to 4096. */
    int tail() {
        return tail;
    }

    /** Bytes in all. */
    long size() {
        return (long) (blocks - 1) * Blocks.SIZE + tail;
    }

    /** How many names have been told to be directories, without the two dots. */
    int subdirectories() {
        return subdirectories;
    }

    void self(long nid, long parent) {
        put(Arrays.binarySearch(names, "."), nid, (byte) 2);
        put(Arrays.binarySearch(names, ".."), parent, (byte) 2);
    }

    /** Tells where the file of a name is; the names come in their order. */
    void add(String name, long nid, byte type) {
        while (nids[next] != 0) {
            next++;
        }
        if (!names[next].equals(name)) {
            throw new IllegalArgumentException(name + " where " + names[next] + " was to come");
        }
        put(next, nid, type);
        subdirectories += type == 2 ? 1 : 0;
    }

    private void put(int index, long nid, byte type) {
        nids[index] = nid;
        types[index] = type;
    }

    /** Fills an array of 4096 with one block. */
    void block(int index, byte[] into) {
        Arrays.fill(into, (byte) 0);
        ByteBuffer out = ByteBuffer.wrap(into).order(ByteOrder.LITTLE_ENDIAN);
        int nameAt = DIRENT * (starts[index + 1] - starts[index]);
        for (int i = starts[index]; i < starts[index + 1]; i++) {
            if (nids[i] == 0) {
                throw new IllegalStateException(names[i] + " was announced and did not come");
            }
            out.putLong(nids[i]).putShort((short) nameAt).put(types[i]).put((byte) 0);
            String name = names[i];
            for (int c = 0; c < name.length(); c++) {
                into[nameAt++] = (byte) name.charAt(c);
            }
        }
    }
}
