package dev.carafe.engine.vm;

import dev.carafe.linux.Code;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The memory of a small guest that does what a kernel does in its first moments: real mode,
 * protected mode, long mode with page tables of its own; CPUID and MSRs; an invalid instruction and
 * a page fault through its IDT; sleep until its local APIC's timer interrupts; a loop; page faults
 * that change the tables. It leaves to the host after each step by an {@code out}.
 *
 * <p>Sources: Intel SDM volume 3, chapters 3 to 6 and 11; AMD APM volume 2, chapters 4, 5, 8, 16.
 */
final class ProbeGuest {
    static final int SIZE = 0x10000;

    /** Where the processor begins, in real mode. */
    static final int ENTRY = 0x1000;

    /** The rounds of the timed loop, each with two exits, before and after. */
    static final int ROUNDS = 4;

    /** How often the loop goes round. */
    static final int LOOP = 10_000;

    /** How many page faults are timed. */
    static final int FAULTS = 64;

    /** Exits of a guest that comes to its end. */
    static final int EXITS = 4 + 2 * ROUNDS + 1;

    /** Where the host leaves what it saw of each exit, 64 bytes each. */
    static final int SEEN = 0xC000;

    static final int SEEN_SIZE = 64;

    /** What the guest tells: the step that it is at. */
    static final int STEP = 0x8000;

    /** The MSR that it touches. */
    static final int MSR = STEP + 0x08;

    /** An exception that it had no use for: vector, error code. */
    static final int VECTOR = STEP + 0x10;

    /** A word of CPUID leaf 0's vendor. */
    static final int VENDOR = STEP + 0x28;

    static final int PROTECTED_MODE = 1;
    static final int LONG_MODE = 2;
    static final int MSRS = 3;
    static final int EXCEPTIONS = 4;
    static final int TIMER = 5;
    static final int TIMED_LOOP = 6;
    static final int TIMED_FAULTS = 7;
    static final int END = 8;

    private static final int ERROR = STEP + 0x18;
    private static final int TICKED = STEP + 0x20;
    private static final int LEFT = STEP + 0x30;

    private static final int PROTECTED = 0x40;
    private static final int LONG = 0xA0;
    private static final int HANDLERS = 0x300;
    private static final int GDTR = 0x17F0;
    private static final int IDTR = 0x17F8;
    private static final int GDT = 0x1810;
    private static final int MSR_LIST = 0x1840;
    private static final int PML4 = 0x2000;
    private static final int PDPT = 0x3000;
    private static final int PD = 0x4000;
    private static final int PT = 0x5000;
    private static final int APIC_PD = 0x6000;
    private static final int IDT = 0x7000;
    private static final int STACK = 0xA000;

    /** Not mapped until the handler of page faults does. */
    private static final int TEST_PAGE = 0xB000;

    private static final int TEST_PTE = PT + TEST_PAGE / 4096 * 8;
    private static final int APIC = 0xFEE00000;
    private static final int TIMER_VECTOR = 32;
    private static final int PRESENT_WRITABLE = 3;

    /**
     * Those that every 64-bit kernel reads and writes, whatever CPUID says: EFER, STAR, LSTAR,
     * SYSCALL_MASK, FS_BASE, GS_BASE, KERNEL_GS_BASE, APIC_BASE, PAT, MTRR_DEF_TYPE.
     */
    private static final int[] MSR_NUMBERS = {
        0xC0000080,
        0xC0000081,
        0xC0000082,
        0xC0000084,
        0xC0000100,
        0xC0000101,
        0xC0000102,
        0x1B,
        0x277,
        0x2FF
    };

    private ProbeGuest() {}

    /** The guest's memory, from address 0. */
    static byte[] memory() {
        ByteBuffer memory = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        memory.put(ENTRY, code());
        memory.putShort(GDTR, (short) (4 * 8 - 1)).putInt(GDTR + 2, GDT);
        memory.putLong(GDT + 8, 0x00CF9B000000FFFFL); // code, 32 bits
        memory.putLong(GDT + 16, 0x00CF93000000FFFFL); // data
        memory.putLong(GDT + 24, 0x00AF9B000000FFFFL); // code, 64 bits
        memory.putShort(IDTR, (short) ((TIMER_VECTOR + 1) * 16 - 1)).putLong(IDTR + 2, IDT);
        for (int vector = 0; vector <= TIMER_VECTOR; vector++) {
            // an interrupt gate of ring 0
            int handler = ENTRY + HANDLERS + 16 * vector;
            memory.putLong(IDT + 16 * vector, 0x8E00L << 32 | 0x18 << 16 | handler);
        }
        for (int i = 0; i < MSR_NUMBERS.length; i++) {
            memory.putInt(MSR_LIST + 4 * i, MSR_NUMBERS[i]);
        }
        memory.putLong(PML4, PDPT | PRESENT_WRITABLE);
        memory.putLong(PDPT, PD | PRESENT_WRITABLE);
        memory.putLong(PDPT + 3 * 8, APIC_PD | PRESENT_WRITABLE);
        memory.putLong(PD, PT | PRESENT_WRITABLE);
        for (int page = 0; page < SIZE; page += 4096) {
            memory.putLong(PT + page / 4096 * 8, page == TEST_PAGE ? 0 : page | PRESENT_WRITABLE);
        }
        // 2 MiB, not cached
        memory.putLong(APIC_PD + (APIC >>> 21 & 511) * 8, (APIC & 0xFFFFFFFFL) | 0x93);
        memory.putInt(LEFT, ROUNDS);
        return memory.array();
    }

    private static byte[] code() {
        Code c = new Code();
        realMode(c);
        c.padTo(PROTECTED);
        protectedMode(c);
        c.padTo(LONG);
        longMode(c);
        c.padTo(HANDLERS);
        handlers(c);
        return c.assemble();
    }

    private static void realMode(Code c) {
        c.bytes(0xFA); // cli
        c.bytes(0x0F, 0x01, 0x16, GDTR, GDTR >> 8); // lgdt [GDTR]
        c.bytes(0x0F, 0x20, 0xC0, 0x0C, 0x01, 0x0F, 0x22, 0xC0); // cr0 |= PE
        c.bytes(0x66, 0xEA).word(ENTRY + PROTECTED).bytes(0x08, 0x00); // jmp 8:PROTECTED
    }

    private static void protectedMode(Code c) {
        c.bytes(0xB8).word(0x10); // mov eax, 16
        c.bytes(0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0); // mov ds, es, ss, ax
        c.bytes(0xC7, 0x05).word(STEP).word(PROTECTED_MODE); // mov dword [STEP], PROTECTED_MODE
        c.bytes(0x0F, 0x20, 0xE0, 0x83, 0xC8, 0x20, 0x0F, 0x22, 0xE0); // cr4 |= PAE
        c.bytes(0xB8).word(PML4).bytes(0x0F, 0x22, 0xD8); // cr3 = PML4
        c.bytes(0xB9).word(0xC0000080).bytes(0x0F, 0x32); // mov ecx, EFER; rdmsr
        c.bytes(0x0D).word(0x100).bytes(0x0F, 0x30); // or eax, LME; wrmsr
        c.bytes(0x0F, 0x20, 0xC0, 0x0D).word(0x80010000).bytes(0x0F, 0x22, 0xC0); // cr0 |= PG | WP
        c.bytes(0xEA).word(ENTRY + LONG).bytes(0x18, 0x00); // jmp 24:LONG
    }

    private static void longMode(Code c) {
        c.bytes(0xBC).word(STACK).bytes(0xBB).word(STEP); // mov esp, STACK; mov ebx, STEP
        step(c, LONG_MODE);
        c.bytes(0x0F, 0x01, 0x1C, 0x25).word(IDTR); // lidt [IDTR]
        exit(c);

        step(c, MSRS);
        c.bytes(0x53, 0x31, 0xC0, 0x0F, 0xA2); // push rbx; xor eax, eax; cpuid
        c.bytes(0x89, 0xD8, 0x5B, 0x89, 0x43, VENDOR - STEP); // [VENDOR] = ebx
        c.bytes(0xBE).word(MSR_LIST); // mov esi, MSR_LIST
        c.at("msr").bytes(0x8B, 0x0E, 0x89, 0x4B, MSR - STEP); // [MSR] = ecx = [rsi]
        c.bytes(0x85, 0xC9).jcc(4, "no msr"); // test ecx, ecx; jz
        c.bytes(0x0F, 0x32, 0x0F, 0x30); // rdmsr; wrmsr
        c.bytes(0x83, 0xC6, 0x04).jmp("msr"); // add esi, 4
        c.at("no msr");
        exit(c);

        step(c, EXCEPTIONS);
        c.bytes(0x0F, 0x0B); // ud2
        touch(c);
        exit(c);

        step(c, TIMER);
        c.bytes(0xBF).word(APIC); // mov edi, APIC
        apic(c, 0xF0, 0x11F); // spurious interrupts: enable
        apic(c, 0x3E0, 0x0B); // divide by 1
        apic(c, 0x320, TIMER_VECTOR); // one shot
        apic(c, 0x380, 100_000); // 0.1 ms of KVM's 1 GHz
        c.at("sleep").bytes(0xFA, 0x83, 0x7B, TICKED - STEP, 0x00); // cli; cmp dword [TICKED], 0
        c.jcc(5, "awake").bytes(0xFB, 0xF4).jmp("sleep"); // jne; sti; hlt
        c.at("awake");
        exit(c);

        step(c, TIMED_LOOP);
        c.at("round");
        exit(c);
        c.bytes(0xB9).word(LOOP); // mov ecx, LOOP
        c.at("loop").bytes(0xFF, 0xC9).jcc(5, "loop"); // dec ecx; jnz
        exit(c);
        c.bytes(0xFF, 0x4B, LEFT - STEP).jcc(5, "round"); // dec dword [LEFT]; jnz

        step(c, TIMED_FAULTS);
        c.bytes(0xB9).word(FAULTS); // mov ecx, FAULTS
        c.at("fault").bytes(0xC7, 0x04, 0x25).word(TEST_PTE).word(0); // mov dword [TEST_PTE], 0
        c.bytes(0xBF).word(TEST_PAGE).bytes(0x0F, 0x01, 0x3F); // mov edi, TEST_PAGE; invlpg [rdi]
        touch(c);
        c.bytes(0xFF, 0xC9).jcc(5, "fault"); // dec ecx; jnz
        step(c, END);
        c.at("stop");
        exit(c);
        c.jmp("stop");
    }

    /** {@code mov dword [rbx], step}. */
    private static void step(Code c, int step) {
        c.bytes(0xC7, 0x03).word(step);
    }

    /** {@code out 0x10, al}. */
    private static void exit(Code c) {
        c.bytes(0xE6, 0x10);
    }

    /** {@code mov edi, TEST_PAGE; mov dword [rdi], 1}. */
    private static void touch(Code c) {
        c.bytes(0xBF).word(TEST_PAGE).bytes(0xC7, 0x07).word(1);
    }

    /** {@code mov dword [rdi + register], value}. */
    private static void apic(Code c, int register, int value) {
        c.bytes(0xC7, 0x87).word(register).word(value);
    }

    /** An entry of 16 bytes for each vector, then what they share. */
    private static void handlers(Code c) {
        for (int vector = 0; vector <= TIMER_VECTOR; vector++) {
            c.padTo(HANDLERS + 16 * vector);
            boolean error = vector == 8 || vector >= 10 && vector <= 14 || vector == 17;
            if (!error) {
                c.bytes(0x6A, 0x00); // push 0, where others have an error code
            }
            c.bytes(0x6A, vector).jmp("exception"); // push vector
        }
        c.at("exception");
        c.bytes(0x48, 0x83, 0x3C, 0x24, 14).jcc(4, "page fault"); // cmp qword [rsp], 14; je
        c.bytes(0x48, 0x83, 0x3C, 0x24, 6).jcc(4, "invalid"); // cmp qword [rsp], 6; je
        c.bytes(0x48, 0x83, 0x3C, 0x24, TIMER_VECTOR).jcc(4, "timer");
        c.at("unexpected");
        c.bytes(0x48, 0x8B, 0x44, 0x24, 0x08, 0x48, 0x89, 0x04, 0x25).word(ERROR); // its error code
        c.bytes(0x58, 0x48, 0x89, 0x04, 0x25)
                .word(VECTOR)
                .jmp("stop"); // pop rax; mov [VECTOR], rax

        c.at("page fault");
        c.bytes(0x50, 0x0F, 0x20, 0xD0, 0x3D).word(TEST_PAGE); // push rax; cmp cr2, TEST_PAGE
        c.bytes(0x58).jcc(5, "unexpected"); // pop rax; jne
        c.bytes(0xC7, 0x04, 0x25).word(TEST_PTE).word(TEST_PAGE | PRESENT_WRITABLE); // map it
        c.jmp("return");

        c.at("invalid");
        c.bytes(0x48, 0x83, 0x44, 0x24, 0x10, 0x02).jmp("return"); // add qword [rsp+16], 2: go on

        c.at("timer");
        c.bytes(0x50, 0xB8).word(APIC + 0xB0); // push rax; mov eax, the register for the end
        c.bytes(0xC7, 0x00).word(0).bytes(0x58); // mov dword [rax], 0; pop rax
        c.bytes(0xFF, 0x04, 0x25).word(TICKED); // inc dword [TICKED]
        c.at("return");
        c.bytes(0x48, 0x83, 0xC4, 0x10, 0x48, 0xCF); // add rsp, 16; iretq
    }
}
