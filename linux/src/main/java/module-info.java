import org.jspecify.annotations.NullMarked;

/**
 * System calls by topic, and plans: lists of system calls that run with no Java between clone and
 * exec.
 */
@NullMarked
module dev.carafe.linux {
    requires static org.jspecify;

    exports dev.carafe.linux;
}
