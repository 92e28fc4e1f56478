/**
 * The wall of a virtual machine: a kernel of its own behind QEMU, whose PID 1 is a plan. {@code
 * InitPlan} is what the guest does by itself, {@code ProcessPlan} what it is told to do for a
 * process; {@code Machine} is the host's side.
 *
 * <p>The package knows images and the runtime's start sequence, and nothing of the engine's
 * containers.
 */
package dev.carafe.engine.vm;
