import org.jspecify.annotations.NullMarked;

/** The command line. */
@NullMarked
module dev.carafe.cli {
    requires static org.jspecify;
    requires dev.carafe.engine;
}
