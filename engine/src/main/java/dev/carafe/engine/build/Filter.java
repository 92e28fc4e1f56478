package dev.carafe.engine.build;

/** Which files of a tree are not to be seen. */
interface Filter {
    /** Leaves everything in. */
    Filter NONE =
            new Filter() {
                @Override
                public boolean excludes(String path, boolean directory) {
                    return false;
                }

                @Override
                public boolean excludesAllOf(String directory) {
                    return false;
                }
            };

    /** Whether a file or directory, named by its path from the tree's root, is left out. */
    boolean excludes(String path, boolean directory);

    /**
     * Whether nothing below an excluded directory can be let in again, so that it is passed over.
     */
    boolean excludesAllOf(String directory);
}
