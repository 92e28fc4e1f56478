/** Virtual machines, and the programs of this host that they are made of. */
package dev.carafe.engine.vm;
