package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Static ELF executables whose text is the {@link Interpreter} and whose data is a {@link Plan}:
 * PID 1 of a virtual machine, a container's first stage, proofs under an emulator. Fixed addresses,
 * two segments, no sections (ELF-64, System V ABI; elf(5)).
 */
public final class Elf {
    /** Where the text lies. */
    public static final long TEXT = 0x10_0000_0000L;

    /** Where the plan lies: context, steps, data. */
    public static final long PLAN = 0x10_1000_0000L;

    private static final int HEADERS = 64 + 3 * 56;
    private static final int PAGE = 0x10000; // the largest page size of either architecture

    private Elf() {}

    /** An executable that runs the plan from its first step. */
    public static byte[] of(Arch arch, Plan plan) {
        ByteBuffer scratch = ByteBuffer.allocate(1 << 20);
        int planSize = plan.assemble(arch, PLAN, scratch).size();
        byte[] text = Interpreter.text(arch, PLAN);
        ByteBuffer elf = ByteBuffer.allocate(PAGE + planSize).order(ByteOrder.LITTLE_ENDIAN);
        int textSize = HEADERS + text.length;
        header(elf, arch);
        segment(elf, 5, 0, TEXT, textSize); // read, execute
        segment(elf, 6, PAGE, PLAN, planSize); // read, write
        stack(elf);
        elf.put(HEADERS, text);
        elf.put(PAGE, scratch.array(), 0, planSize);
        return elf.array();
    }

    private static void header(ByteBuffer elf, Arch arch) {
        elf.put(new byte[] {0x7F, 'E', 'L', 'F', 2, 1, 1, 0})
                .putLong(0); // 64-bit, little-endian, System V
        elf.putShort((short) 2).putShort((short) arch.elfMachine()).putInt(1); // ET_EXEC
        elf.putLong(TEXT + HEADERS).putLong(64).putLong(0); // entry, program headers, no sections
        elf.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 3);
        elf.putShort((short) 64).putShort((short) 0).putShort((short) 0);
    }

    private static void segment(ByteBuffer elf, int flags, long offset, long address, long size) {
        elf.putInt(1).putInt(flags).putLong(offset).putLong(address).putLong(address);
        elf.putLong(size).putLong(size).putLong(PAGE);
    }

    /** PT_GNU_STACK without execute permission. */
    private static void stack(ByteBuffer elf) {
        elf.putInt(0x6474E551).putInt(6);
        for (int i = 0; i < 6; i++) {
            elf.putLong(0);
        }
    }
}
