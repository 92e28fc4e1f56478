package dev.carafe.linux;

/** A place in a {@link Plan} that steps can jump to. */
public final class Label {
    private int index = -1;
    private final long address;

    Label() {
        this(0);
    }

    Label(long address) {
        this.address = address;
    }

    void place(int at) {
        if (index >= 0 || address != 0) {
            throw new IllegalStateException("the label has its place already");
        }
        index = at;
    }

    int index() {
        if (index < 0) {
            throw new IllegalStateException("the label was never placed");
        }
        return index;
    }

    /** The address of a place outside the plan; 0 for one inside. */
    long address() {
        return address;
    }
}
