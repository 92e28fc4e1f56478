package dev.carafe.engine.build;

import java.util.Locale;

/**
 * A git repository as a context or an ADD source.
 *
 * @param repository what git clone is given
 * @param ref a branch, tag or commit; empty for the repository's usual branch
 * @param directory the part of it that is meant, empty for all of it
 */
record GitAddress(String repository, String ref, String directory) {
    /** Whether a source is a repository, by Docker's rules. */
    static boolean isGit(String source) {
        String lower = source.toLowerCase(Locale.ROOT);
        if (lower.startsWith("git://")
                || lower.startsWith("ssh://")
                || lower.startsWith("git@")
                || lower.startsWith("github.com/")) {
            return true;
        }
        int hash = lower.indexOf('#');
        String address = hash < 0 ? lower : lower.substring(0, hash);
        return Remote.isHttp(lower) && address.endsWith(".git");
    }

    /**
     * Reads {@code REPOSITORY[#REF[:DIRECTORY]]}.
     *
     * @throws BuildException when a part could be taken for an option of git, or leads out
     */
    static GitAddress parse(String source) throws BuildException {
        int hash = source.indexOf('#');
        String repository = hash < 0 ? source : source.substring(0, hash);
        String rest = hash < 0 ? "" : source.substring(hash + 1);
        int colon = rest.indexOf(':');
        String ref = colon < 0 ? rest : rest.substring(0, colon);
        String directory = colon < 0 ? "" : rest.substring(colon + 1);
        if (repository.startsWith("github.com/")) {
            repository = "https://" + repository;
        }
        if (repository.startsWith("-") || ref.startsWith("-")) {
            throw new BuildException("git: an address or ref can't begin with a dash");
        }
        for (String part : directory.split("/", -1)) {
            if (part.equals("..")) {
                throw new BuildException(
                        "git: the directory " + directory + " leads out of the repository");
            }
        }
        return new GitAddress(repository, ref, At.clean(directory));
    }
}
