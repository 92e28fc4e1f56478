package dev.carafe.engine.vm;

/**
 * What a machine is made of.
 *
 * @param tscKhz the host's time stamp counter's frequency; of use to tcg
 * @param cpus 1 or more
 * @param memory bytes
 * @param image whether it has an image's file system as a disk
 * @param share whether the host shares files with it
 * @param upperDisk whether what is written goes to a disk
 */
record Hardware(
        Accelerator accelerator,
        long tscKhz,
        int cpus,
        long memory,
        boolean image,
        boolean share,
        boolean upperDisk) {}
