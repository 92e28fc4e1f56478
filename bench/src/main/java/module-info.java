import org.jspecify.annotations.NullMarked;

/** Benchmarks: programs that measure Carafe beside its peers. */
@NullMarked
module dev.carafe.bench {
    requires static org.jspecify;
    requires dev.carafe.engine;
    requires java.management;
}
