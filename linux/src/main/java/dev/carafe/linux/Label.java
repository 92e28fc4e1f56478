package dev.carafe.linux;

/** A place in a {@link Plan} that steps can jump to. */
public final class Label {
    private int index = -1;

    Label() {}

    void place(int at) {
        if (index >= 0) {
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
}
