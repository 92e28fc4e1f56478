import org.jspecify.annotations.NullMarked;

/** The embeddable engine: images, containers, and the host they run on. */
@NullMarked
module dev.carafe.engine {
    requires static org.jspecify;
    requires java.net.http;
    requires transitive dev.carafe.runtime;

    exports dev.carafe.engine;
    exports dev.carafe.engine.dockerfile;
    exports dev.carafe.engine.build;
    exports dev.carafe.engine.image;
    exports dev.carafe.engine.jar;
    exports dev.carafe.engine.registry;
    exports dev.carafe.engine.signature;
}
