package dev.carafe.engine.erofs;

import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes a tree of files as an EROFS image in one pass: each file's inode and content go to the
 * image as soon as the file is told of. What is held in memory is the directories on the way to the
 * present one, and a number for each file of several names. The same calls give the same bytes.
 *
 * <p>Directories are entered before what is in them is told of, and all their names are told then:
 * from them follows how large the directory is, so its place, which those below it refer to, is
 * known before theirs. The root comes first. Names are one byte a char.
 *
 * <p>Not safe for use by several threads.
 */
public final class ErofsWriter implements AutoCloseable {
    private static final int MAGIC = 0xE0F5E1E2;
    private static final int SUPER_OFFSET = 1024;
    // EROFS_FEATURE_COMPAT_SB_CHKSUM, EROFS_FEATURE_COMPAT_MTIME
    private static final int COMPATIBLE = 3;
    private static final int BLOCK_BITS = 12;

    private static final int INODE = 64;
    private static final int NLINK_OFFSET = 0x2C;
    private static final int SLOT_BITS = 5;
    // i_format: an extended inode, with the content in blocks or its last part behind the inode
    private static final short PLAIN = 1;
    private static final short INLINE = 1 | 2 << 1;

    private final Blocks blocks;
    private final Metadata metadata;
    private final Deque<Directory> open = new ArrayDeque<>();
    private final Map<Long, Linked> linked = new LinkedHashMap<>();
    private final byte[] block = new byte[Blocks.SIZE];
    private long root;
    private int inodes;

    /** A directory whose files are being told of. */
    private record Directory(Attributes attributes, Place place, Dirents entries) {}

    /** Where an inode is, and in which way its content is kept. */
    private static final class Place {
        final long offset;
        final byte[] xattrs;
        final long block;
        final long full;
        final boolean inline;

        Place(long offset, byte[] xattrs, long block, long full, boolean inline) {
            this.offset = offset;
            this.xattrs = xattrs;
            this.block = block;
            this.full = full;
            this.inline = inline;
        }

        long nid() {
            return offset >> SLOT_BITS;
        }

        long tailOffset() {
            return offset + INODE + xattrs.length;
        }
    }

    /** A file that may have more names. */
    private static final class Linked {
        final byte type;
        int names = 1;

        Linked(byte type) {
            this.type = type;
        }
    }

    /**
     * @param file empty, open for writing; it stays open
     */
    public ErofsWriter(Fd file) {
        blocks = new Blocks(file);
        metadata = new Metadata(blocks);
    }

    /**
     * Begins a directory; until {@link #leave}, what is told of is in it.
     *
     * @param name anything for the root
     * @param children every name in it, each once
     */
    public void enter(String name, Attributes attributes, List<String> children)
            throws IOException {
        Dirents entries = new Dirents(children);
        Place place =
                place(attributes, (long) (entries.blocks() - 1) * Blocks.SIZE, entries.tail());
        Directory parent = open.peek();
        if (parent == null) {
            root = place.nid();
            entries.self(root, root);
        } else {
            parent.entries().add(name, place.nid(), attributes.fileType());
            entries.self(place.nid(), parent.place().nid());
        }
        open.push(new Directory(attributes, place, entries));
    }

    /** Ends the directory that was entered last. */
    public void leave() throws IOException {
        Directory directory = open.pop();
        Place place = directory.place();
        Dirents entries = directory.entries();
        inode(directory.attributes(), place, entries.size(), 0, 2 + entries.subdirectories());
        for (int i = 0; i < entries.blocks() - 1; i++) {
            entries.block(i, block);
            blocks.writeAt((place.block + i) * Blocks.SIZE, block, Blocks.SIZE);
        }
        entries.block(entries.blocks() - 1, block);
        tail(place, block, entries.tail());
    }

    /**
     * Adds a regular file.
     *
     * @param data open for reading
     * @param size its bytes, from 0
     * @param sparse whether it may have holes, which then are holes of the image too
     * @return its number, for {@link #link}
     */
    public long file(String name, Attributes attributes, Fd data, long size, boolean sparse)
            throws IOException {
        long full = size & -Blocks.SIZE;
        int tail = (int) (size - full);
        Place place = place(attributes, full, tail);
        inode(attributes, place, size, 0, 1);
        if (size > 0) {
            ByteBuffer rest = blocks.copy(data, place.block, full, tail, place.inline, sparse);
            if (place.inline) {
                byte[] bytes = new byte[tail];
                rest.get(bytes);
                metadata.write(place.tailOffset(), bytes, tail);
            }
        }
        return add(name, attributes, place);
    }

    /** Adds a symbolic link; its number, for {@link #link}. */
    public long symlink(String name, Attributes attributes, String target) throws IOException {
        byte[] bytes = target.getBytes(StandardCharsets.ISO_8859_1);
        Place place = place(attributes, 0, bytes.length);
        inode(attributes, place, bytes.length, 0, 1);
        tail(place, bytes, bytes.length);
        return add(name, attributes, place);
    }

    /**
     * Adds a device, FIFO or socket, as the mode says; its number, for {@link #link}.
     *
     * @param major of a device, 0 to 4095
     * @param minor of a device, 0 to 1048575
     */
    public long special(String name, Attributes attributes, int major, int minor)
            throws IOException {
        Place place = place(attributes, 0, 0);
        // the kernel's new_encode_dev
        inode(attributes, place, 0, minor & 0xff | major << 8 | (minor & ~0xff) << 12, 1);
        return add(name, attributes, place);
    }

    /** Adds one more name of a file whose attributes said that it may have several. */
    public void link(String name, long number) {
        Linked file = linked.get(number);
        if (file == null) {
            throw new IllegalArgumentException("no file that may have several names: " + number);
        }
        file.names++;
        open.getFirst().entries().add(name, number, file.type);
    }

    /**
     * Ends the image, after the root has been left.
     *
     * @param uuid 16 bytes
     */
    public void finish(byte[] uuid) throws IOException {
        byte[] names = new byte[4];
        for (Map.Entry<Long, Linked> one : linked.entrySet()) {
            if (one.getValue().names > 1) {
                little(names).putInt(one.getValue().names);
                metadata.write((one.getKey() << SLOT_BITS) + NLINK_OFFSET, names, 4);
            }
        }
        metadata.flush();
        blocks.finish();
        blocks.writeAt(0, first(uuid), Blocks.SIZE);
    }

    /**
     * Whether a file begins as an image does, and is as long as it should be.
     *
     * @param superblock the 128 bytes at 1024
     * @param size the file's, in bytes
     */
    public static boolean isWhole(ByteBuffer superblock, long size) {
        ByteBuffer s = superblock.order(ByteOrder.LITTLE_ENDIAN);
        return s.getInt(0) == MAGIC && (s.getInt(0x24) & 0xFFFFFFFFL) * Blocks.SIZE == size;
    }

    /** The first block: struct erofs_super_block at 1024. */
    private byte[] first(byte[] uuid) {
        byte[] bytes = new byte[Blocks.SIZE];
        ByteBuffer s = little(bytes);
        s.putInt(SUPER_OFFSET, MAGIC);
        s.putInt(SUPER_OFFSET + 0x08, COMPATIBLE);
        s.put(SUPER_OFFSET + 0x0C, (byte) BLOCK_BITS);
        s.putShort(SUPER_OFFSET + 0x0E, (short) root);
        s.putLong(SUPER_OFFSET + 0x10, inodes);
        s.putInt(SUPER_OFFSET + 0x24, (int) blocks.end());
        s.put(SUPER_OFFSET + 0x30, uuid);
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, SUPER_OFFSET, Blocks.SIZE - SUPER_OFFSET);
        // the kernel's crc32c does not invert its result
        s.putInt(SUPER_OFFSET + 0x04, (int) ~checksum.getValue());
        return bytes;
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Finds a place for an inode and its content; what is after full blocks is inline if it fits.
     */
    private Place place(Attributes attributes, long full, int tail) throws IOException {
        byte[] xattrs = XattrBody.of(attributes.xattrs());
        int head = INODE + xattrs.length;
        boolean large = head > Blocks.SIZE;
        int last = large ? head % Blocks.SIZE : head;
        boolean inline = tail > 0 && last + tail <= Blocks.SIZE;
        int size = head + (inline ? tail : 0);
        long offset = large ? metadata.placeLarge(size) : metadata.place(size);
        long count = full / Blocks.SIZE + (tail > 0 && !inline ? 1 : 0);
        long first = count == 0 ? 0 : blocks.allocate(count);
        return new Place(offset, xattrs, first, full, inline);
    }

    /** Writes a struct erofs_inode_extended and the attributes after it. */
    private void inode(Attributes a, Place place, long size, int device, int links)
            throws IOException {
        byte[] bytes = new byte[INODE + place.xattrs.length];
        ByteBuffer i = little(bytes);
        i.putShort(0x00, place.inline ? INLINE : PLAIN);
        i.putShort(0x02, XattrBody.count(place.xattrs.length));
        i.putShort(0x04, (short) a.mode());
        i.putLong(0x08, size);
        i.putInt(0x10, device == 0 ? (int) place.block : device);
        i.putInt(0x14, ++inodes);
        i.putInt(0x18, (int) a.uid());
        i.putInt(0x1C, (int) a.gid());
        i.putLong(0x20, a.mtime());
        i.putInt(0x28, a.mtimeNanos());
        i.putInt(NLINK_OFFSET, links);
        i.put(INODE, place.xattrs);
        metadata.write(place.offset, bytes, bytes.length);
    }

    /** Writes what is after the full blocks of a directory or a link. */
    private void tail(Place place, byte[] bytes, int length) throws IOException {
        if (place.inline) {
            metadata.write(place.tailOffset(), bytes, length);
        } else {
            blocks.writeAt(place.block * Blocks.SIZE + place.full, bytes, length);
        }
    }

    private long add(String name, Attributes attributes, Place place) {
        byte type = attributes.fileType();
        open.getFirst().entries().add(name, place.nid(), type);
        if (attributes.links() > 1) {
            linked.put(place.nid(), new Linked(type));
        }
        return place.nid();
    }

    @Override
    public void close() {
        blocks.close();
    }
}
