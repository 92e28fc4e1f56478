package dev.carafe.engine.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes tar archives field by field, so that a test can write one that no program would. */
final class TarBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** One header, before its checksum is put in. */
    static final class Header {
        final byte[] bytes = new byte[512];

        Header(String name, char type, long size) {
            text(0, name);
            text(100, "0000644");
            text(108, "0000000");
            text(116, "0000000");
            octal(124, 12, size);
            octal(136, 12, 1_000_000_000);
            bytes[156] = (byte) type;
            text(257, "ustar");
            text(263, "00");
        }

        Header text(int at, String text) {
            byte[] value = text.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(value, 0, bytes, at, Math.min(value.length, 512 - at));
            return this;
        }

        Header octal(int at, int length, long value) {
            String digits = Long.toOctalString(value);
            return text(at, "0".repeat(length - 1 - digits.length()) + digits);
        }

        Header raw(int at, int... values) {
            for (int i = 0; i < values.length; i++) {
                bytes[at + i] = (byte) values[i];
            }
            return this;
        }

        Header link(String target) {
            return text(157, target);
        }

        Header mode(int mode) {
            return octal(100, 8, mode);
        }

        Header owner(long uid, long gid) {
            return octal(108, 8, uid).octal(116, 8, gid);
        }

        byte[] sealed() {
            Arrays.fill(bytes, 148, 156, (byte) ' ');
            int sum = 0;
            for (byte b : bytes) {
                sum += b & 0xff;
            }
            String digits = Integer.toOctalString(sum);
            text(148, "0".repeat(6 - digits.length()) + digits + "\0 ");
            return bytes;
        }
    }

    static Header header(String name, char type) {
        return new Header(name, type, 0);
    }

    TarBytes add(Header header, byte[] body) {
        out.writeBytes(header.sealed());
        out.writeBytes(body);
        out.writeBytes(new byte[-body.length & 511]);
        return this;
    }

    TarBytes add(Header header) {
        return add(header, new byte[0]);
    }

    TarBytes file(String name, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        return add(new Header(name, '0', body.length), body);
    }

    TarBytes file(String name, byte[] body) {
        return add(new Header(name, '0', body.length), body);
    }

    TarBytes directory(String name) {
        return add(header(name, '5').mode(0755));
    }

    TarBytes symlink(String name, String target) {
        return add(header(name, '2').link(target));
    }

    TarBytes hardLink(String name, String target) {
        return add(header(name, '1').link(target));
    }

    /** A pax header for the next member: key, value, key, value. */
    TarBytes pax(String... records) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < records.length; i += 2) {
            String rest = " " + records[i] + "=" + records[i + 1] + "\n";
            int length = rest.length() + 1;
            while (Integer.toString(length).length() + rest.length() != length) {
                length++;
            }
            text.append(length).append(rest);
        }
        byte[] body = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        return add(new Header("pax", 'x', body.length), body);
    }

    /** With the end mark. */
    byte[] end() {
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    /** Without it. */
    byte[] bytes() {
        return out.toByteArray();
    }

    static TarReader reader(byte[] tar) {
        return new TarReader(ByteSource.of(new ByteArrayInputStream(tar), 700));
    }
}
