package dev.carafe.runtime.cgroup;

import dev.carafe.runtime.cgroup.Devices.Rule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Assembles eBPF that answers 1 to allow and 0 to deny. It asks the rules from the last to the
 * first; an access of several kinds at once ({@code rw}) is allowed when the rules together allow
 * each kind, as with cgroup v1. The context is {@code struct bpf_cgroup_dev_ctx} of linux/bpf.h;
 * instructions are those of the kernel's bpf/standardization/instruction-set.
 */
final class DeviceProgram {
    /** Bytes of an instruction. */
    static final int INSTRUCTION = 8;

    private static final int BLOCK = 1;
    private static final int CHARACTER = 2;

    private static final int LOAD_WORD = 0x61; // dst = *(u32 *) (src + off)
    private static final int MOVE = 0xBF;
    private static final int MOVE_VALUE = 0xB7;
    private static final int AND_VALUE = 0x57;
    private static final int SHIFT_RIGHT_VALUE = 0x77;
    private static final int JUMP_UNEQUAL_VALUE = 0x55;
    private static final int JUMP_EQUAL_VALUE = 0x15;
    private static final int EXIT = 0x95;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1;
    private static final int TYPE = 2;
    private static final int ACCESS = 3; // the kinds that no rule has allowed yet
    private static final int MAJOR = 4;
    private static final int MINOR = 5;
    private static final int SCRATCH = 6;

    private final ByteBuffer code;

    private DeviceProgram(int rules) {
        code = ByteBuffer.allocate(INSTRUCTION * (8 + 8 * rules)).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] of(Devices devices) {
        List<Rule> rules = devices.rules();
        DeviceProgram program = new DeviceProgram(rules.size());
        program.load();
        for (int i = rules.size() - 1; i >= 0; i--) {
            program.rule(rules.get(i));
            if (rules.get(i).total()) {
                return program.bytes(); // the verifier refuses what cannot be reached
            }
        }
        program.answer(false);
        return program.bytes();
    }

    private byte[] bytes() {
        return Arrays.copyOf(code.array(), code.position());
    }

    private void load() {
        emit(LOAD_WORD, ACCESS, CONTEXT, 0, 0);
        emit(MOVE, TYPE, ACCESS, 0, 0);
        emit(AND_VALUE, TYPE, 0, 0, 0xFFFF);
        emit(SHIFT_RIGHT_VALUE, ACCESS, 0, 0, 16);
        emit(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        emit(LOAD_WORD, MINOR, CONTEXT, 8, 0);
    }

    private void rule(Rule rule) {
        int start = code.position();
        if (rule.type() != 'a') {
            emit(JUMP_UNEQUAL_VALUE, TYPE, 0, 0, rule.type() == 'b' ? BLOCK : CHARACTER);
        }
        if (rule.major() >= 0) {
            emit(JUMP_UNEQUAL_VALUE, MAJOR, 0, 0, (int) rule.major());
        }
        if (rule.minor() >= 0) {
            emit(JUMP_UNEQUAL_VALUE, MINOR, 0, 0, (int) rule.minor());
        }
        if (rule.access() != Devices.ALL) {
            if (rule.allow()) {
                emit(AND_VALUE, ACCESS, 0, 0, ~rule.access());
                emit(JUMP_UNEQUAL_VALUE, ACCESS, 0, 0, 0);
            } else {
                emit(MOVE, SCRATCH, ACCESS, 0, 0);
                emit(AND_VALUE, SCRATCH, 0, 0, rule.access());
                emit(JUMP_EQUAL_VALUE, SCRATCH, 0, 0, 0);
            }
        }
        answer(rule.allow());
        for (int at = start; at < code.position(); at += INSTRUCTION) {
            int opcode = code.get(at) & 0xFF;
            if (opcode == JUMP_UNEQUAL_VALUE || opcode == JUMP_EQUAL_VALUE) {
                code.putShort(at + 2, (short) ((code.position() - at) / INSTRUCTION - 1));
            }
        }
    }

    private void answer(boolean allow) {
        emit(MOVE_VALUE, RESULT, 0, 0, allow ? 1 : 0);
        emit(EXIT, 0, 0, 0, 0);
    }

    private void emit(int opcode, int destination, int source, int offset, int value) {
        code.put((byte) opcode)
                .put((byte) (destination | source << 4))
                .putShort((short) offset)
                .putInt(value);
    }
}
