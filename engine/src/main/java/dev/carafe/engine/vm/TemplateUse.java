package dev.carafe.engine.vm;

/** What a machine's start has to do with templates. */
public enum TemplateUse {
    /** It boots. */
    NONE,
    /** It restores a template where there is one for it, and boots otherwise. */
    USE,
    /** The same, and one that had to boot leaves a template. */
    MAKE
}
