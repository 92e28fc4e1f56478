package dev.carafe.linux;

/**
 * The machine code that walks a {@link Plan}: position-independent, with no stack use on the
 * child's path, no thread-local storage and no relocation. The same loop runs in a thread of the
 * JVM and as the text of an ELF file.
 *
 * <p>Registers: the context, the current step, and the offset of the context's slot (0 the caller,
 * then 16 more for each clone, so that failures of caller, child and grandchild are told apart).
 */
final class Interpreter {
    /**
     * Offset in the code page of the entry that takes (context, first step); the raw call is at 0.
     */
    static final int RUN_OFFSET = 64;

    /** Offset in the code page, on x86, of the timed loop that takes how often it goes round. */
    static final int SPIN_OFFSET = 2048;

    /** The exit status of a child whose plan failed. */
    static final int FAILED_STATUS = 126;

    /** The slot that an ELF's own failures go to. */
    static final int ELF_SLOT = 16;

    private Interpreter() {}

    /**
     * The page for the JVM: a raw six-argument system call at 0, the interpreter at RUN_OFFSET, on
     * x86 a timed loop at SPIN_OFFSET.
     */
    static byte[] page(Arch arch) {
        Code code = new Code();
        switch (arch) {
            case X86_64 -> {
                x86RawCall(code);
                code.padTo(RUN_OFFSET);
                code.bytes(0x53, 0x55, 0x41, 0x54); // push rbx; push rbp; push r12
                code.bytes(0x48, 0x89, 0xFB); // mov rbx, rdi
                code.bytes(0x48, 0x89, 0xF5); // mov rbp, rsi
                code.bytes(0x45, 0x31, 0xE4); // xor r12d, r12d
                x86Loop(code);
                code.padTo(SPIN_OFFSET);
                x86Spin(code);
            }
            case AARCH64 -> {
                armRawCall(code);
                code.padTo(RUN_OFFSET);
                code.word(0xA9BE53F3); // stp x19, x20, [sp, #-32]!
                code.word(0xF9000BF5); // str x21, [sp, #16]
                code.word(0xAA0003F3); // mov x19, x0
                code.word(0xAA0103F4); // mov x20, x1
                code.word(0xD2800015); // mov x21, #0
                armLoop(code);
            }
        }
        return code.assemble();
    }

    /** The text of an ELF file: the entry is at 0 and starts the plan that lies at {@code base}. */
    static byte[] text(Arch arch, long base) {
        Code code = new Code();
        long steps = base + Plan.CONTEXT;
        switch (arch) {
            case X86_64 -> {
                code.bytes(0x48, 0xBB).u64(base); // mov rbx, base
                code.bytes(0x48, 0xBD).u64(steps); // mov rbp, steps
                code.bytes(0x41, 0xBC, ELF_SLOT, 0, 0, 0); // mov r12d, ELF_SLOT
                x86Loop(code);
            }
            case AARCH64 -> {
                armConstant(code, 19, base);
                armConstant(code, 20, steps);
                armConstant(code, 21, ELF_SLOT);
                armLoop(code);
            }
        }
        return code.assemble();
    }

    private static void x86RawCall(Code c) {
        c.bytes(0x48, 0x89, 0xF8); // mov rax, rdi
        c.bytes(0x48, 0x89, 0xF7); // mov rdi, rsi
        c.bytes(0x48, 0x89, 0xD6); // mov rsi, rdx
        c.bytes(0x48, 0x89, 0xCA); // mov rdx, rcx
        c.bytes(0x4D, 0x89, 0xC2); // mov r10, r8
        c.bytes(0x4D, 0x89, 0xC8); // mov r8, r9
        c.bytes(0x4C, 0x8B, 0x4C, 0x24, 0x08); // mov r9, [rsp+8]
        c.bytes(0x0F, 0x05, 0xC3); // syscall; ret
    }

    /** Returns the ticks that the loop took. */
    private static void x86Spin(Code c) {
        c.bytes(0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20); // rdtsc; shl rdx, 32
        c.bytes(0x48, 0x09, 0xD0, 0x49, 0x89, 0xC0); // or rax, rdx; mov r8, rax
        c.bytes(0x89, 0xF9); // mov ecx, edi
        c.at("spin").bytes(0xFF, 0xC9).jcc(5, "spin"); // dec ecx; jnz
        c.bytes(0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20); // rdtsc; shl rdx, 32
        c.bytes(0x48, 0x09, 0xD0, 0x4C, 0x29, 0xC0, 0xC3); // or rax, rdx; sub rax, r8; ret
    }

    private static void x86Loop(Code c) {
        c.at("next");
        c.bytes(0xF6, 0x45, 0x04, Step.END).jcc(5, "return"); // test byte [rbp+4], END; jnz
        x86Arg(c, 0x01, new int[] {0x48, 0x8B, 0x7D, 0x08}, new int[] {0x48, 0x8B, 0x3F}); // rdi
        x86Arg(c, 0x02, new int[] {0x48, 0x8B, 0x75, 0x10}, new int[] {0x48, 0x8B, 0x36}); // rsi
        x86Arg(c, 0x04, new int[] {0x48, 0x8B, 0x55, 0x18}, new int[] {0x48, 0x8B, 0x12}); // rdx
        x86Arg(c, 0x08, new int[] {0x4C, 0x8B, 0x55, 0x20}, new int[] {0x4D, 0x8B, 0x12}); // r10
        x86Arg(c, 0x10, new int[] {0x4C, 0x8B, 0x45, 0x28}, new int[] {0x4D, 0x8B, 0x00}); // r8
        x86Arg(c, 0x20, new int[] {0x4C, 0x8B, 0x4D, 0x30}, new int[] {0x4D, 0x8B, 0x09}); // r9
        c.bytes(0xF6, 0x45, 0x04, Step.SUM).jcc(5, "sum"); // test byte [rbp+4], SUM; jnz
        c.bytes(0x8B, 0x45, 0x00, 0x0F, 0x05); // mov eax, [rbp]; syscall
        c.at("result");
        c.bytes(0x48, 0x85, 0xC0).jcc(4, "zero"); // test rax, rax; jz
        c.bytes(0x48, 0x3D, 0x01, 0xF0, 0xFF, 0xFF).jcc(3, "error"); // cmp rax, -4095; jae
        c.at("store");
        c.bytes(0x48, 0x89, 0x45, 0x40); // mov [rbp+64], rax
        c.bytes(0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20); // rdtsc; shl rdx, 32
        c.bytes(0x48, 0x09, 0xD0, 0x48, 0x89, 0x45, 0x48); // or rax, rdx; mov [rbp+72], rax
        c.bytes(0xF6, 0x45, 0x04, Step.OK_JUMP).jcc(5, "jump");
        c.at("advance");
        c.bytes(0x48, 0x83, 0xC5, Plan.STEP).jmp("next"); // add rbp, STEP
        c.at("zero");
        c.bytes(0xF6, 0x45, 0x04, Step.CLONE).jcc(5, "child");
        c.bytes(0xF6, 0x45, 0x04, Step.ZERO_FAILS).jcc(4, "store");
        c.bytes(0x48, 0xC7, 0xC0).word(-Errno.ECANCELED).jmp("error"); // mov rax, -ECANCELED
        c.at("fail");
        c.bytes(0x48, 0xF7, 0xD8); // neg rax
        c.bytes(0x4A, 0x89, 0x2C, 0x23); // mov [rbx+r12], rbp
        c.bytes(0x4A, 0x89, 0x44, 0x23, 0x08); // mov [rbx+r12+8], rax
        c.bytes(0x45, 0x85, 0xE4).jcc(4, "return"); // test r12d, r12d; jz
        c.bytes(0xBF).word(FAILED_STATUS); // mov edi, FAILED_STATUS
        c.bytes(0xB8).word(Sys.EXIT_GROUP.x86_64()); // mov eax, exit_group
        c.bytes(0x0F, 0x05); // syscall
        c.at("return");
        c.bytes(0x41, 0x5C, 0x5D, 0x5B, 0xC3); // pop r12; pop rbp; pop rbx; ret
        c.at("error");
        c.bytes(0x48, 0x89, 0x45, 0x40); // mov [rbp+64], rax
        c.bytes(0xF6, 0x45, 0x04, Step.IGNORE).jcc(5, "advance");
        c.bytes(0xF6, 0x45, 0x04, Step.ERROR_JUMP).jcc(5, "jump");
        c.bytes(0x0F, 0xB7, 0x4D, 0x06); // movzx ecx, word [rbp+6]
        c.bytes(0x89, 0xC2, 0xF7, 0xDA, 0x39, 0xCA)
                .jcc(5, "fail"); // mov edx, eax; neg edx; cmp edx, ecx; jne
        c.bytes(0xF6, 0x45, 0x04, Step.ERRNO_JUMP).jcc(4, "advance");
        c.at("jump");
        c.bytes(0x48, 0x8B, 0x6D, 0x38).jmp("next"); // mov rbp, [rbp+56]
        c.at("child");
        c.bytes(0x49, 0x83, 0xC4, 0x10).jmp("jump"); // add r12, 16
        c.at("sum");
        c.bytes(0x48, 0x8D, 0x04, 0x37, 0x48, 0x29, 0xD0); // lea rax, [rdi+rsi]; sub rax, rdx
        c.bytes(0x4D, 0x85, 0xD2).jcc(4, "result"); // test r10, r10; jz
        c.bytes(0x49, 0x89, 0x02).jmp("result"); // mov [r10], rax
    }

    /** Loads an argument, through memory when its bit of the mask is set. */
    private static void x86Arg(Code c, int bit, int[] load, int[] indirect) {
        c.bytes(load);
        c.bytes(0xF6, 0x45, 0x05, bit, 0x74, 0x03); // test byte [rbp+5], bit; jz +3
        c.bytes(indirect);
    }

    private static void armRawCall(Code c) {
        c.word(0xAA0003E8); // mov x8, x0
        for (int i = 0; i < 6; i++) {
            c.word(0xAA0003E0 | (i + 1) << 16 | i); // mov x<i>, x<i+1>
        }
        c.word(0xD4000001).word(0xD65F03C0); // svc #0; ret
    }

    private static void armLoop(Code c) {
        c.at("next");
        armFlags(c).branch14(tbnz(9, 4), "return");
        c.word(0x3940168A); // ldrb w10, [x20, #5]
        for (int i = 0; i < 6; i++) {
            c.word(0xF9400280 | (i + 1) << 10 | i); // ldr x<i>, [x20, #8+8i]
            c.word(0x36000000 | i << 19 | 2 << 5 | 10); // tbz w10, #i, +8
            c.word(0xF9400000 | i << 5 | i); // ldr x<i>, [x<i>]
        }
        armFlags(c).branch14(tbnz(9, 7), "sum");
        c.word(0xB9400288).word(0xD4000001); // ldr w8, [x20]; svc #0
        c.at("result");
        c.branch19(0xB4000000, "zero"); // cbz x0
        c.word(0xB13FFC1F).branch19(0x54000002, "error"); // cmn x0, #4095; b.hs
        c.at("store");
        c.word(0xF9002280); // str x0, [x20, #64]
        c.word(0xD53BE04B).word(0xF900268B); // mrs x11, cntvct_el0; str x11, [x20, #72]
        armFlags(c).branch14(tbnz(9, 5), "jump");
        c.at("advance");
        c.word(0x91000294 | Plan.STEP << 10).b("next"); // add x20, x20, #STEP
        c.at("zero");
        armFlags(c).branch14(tbnz(9, 1), "child").branch14(tbz(9, 3), "store");
        c.word(0x92800000 | (Errno.ECANCELED - 1) << 5).b("error"); // mov x0, #-ECANCELED
        c.at("fail");
        c.word(0xCB0003E0); // neg x0, x0
        c.word(0x8B15026B); // add x11, x19, x21
        c.word(0xF9000174).word(0xF9000560); // str x20, [x11]; str x0, [x11, #8]
        c.branch19(0xB4000015, "return"); // cbz x21
        c.word(0xD2800000 | FAILED_STATUS << 5); // mov x0, #FAILED_STATUS
        c.word(0xD2800008 | Sys.EXIT_GROUP.aarch64() << 5)
                .word(0xD4000001); // mov x8, #exit_group; svc #0
        c.at("return");
        c.word(0xF9400BF5).word(0xA8C253F3).word(0xD65F03C0); // ldr x21; ldp x19, x20; ret
        c.at("error");
        c.word(0xF9002280); // str x0, [x20, #64]
        armFlags(c).branch14(tbnz(9, 0), "advance").branch14(tbnz(9, 2), "jump");
        c.word(0x79400E8A).word(0xCB0003EB); // ldrh w10, [x20, #6]; neg x11, x0
        c.word(0xEB0A017F).branch19(0x54000001, "fail"); // cmp x11, x10; b.ne
        c.branch14(tbz(9, 6), "advance");
        c.at("jump");
        c.word(0xF9401E94).b("next"); // ldr x20, [x20, #56]
        c.at("child");
        c.word(0x910042B5).b("jump"); // add x21, x21, #16
        c.at("sum");
        c.word(0x8B010000).word(0xCB020000); // add x0, x0, x1; sub x0, x0, x2
        c.branch19(0xB4000003, "result"); // cbz x3
        c.word(0xF9000060).b("result"); // str x0, [x3]
    }

    private static Code armFlags(Code c) {
        return c.word(0x39401289); // ldrb w9, [x20, #4]
    }

    private static int tbz(int register, int bit) {
        return 0x36000000 | bit << 19 | register;
    }

    private static int tbnz(int register, int bit) {
        return 0x37000000 | bit << 19 | register;
    }

    private static void armConstant(Code c, int register, long value) {
        c.word(0xD2800000 | (int) (value & 0xFFFF) << 5 | register); // movz
        for (int half = 1; half < 4; half++) {
            c.word(
                    0xF2800000
                            | half << 21
                            | (int) (value >> 16 * half & 0xFFFF) << 5
                            | register); // movk
        }
    }
}
