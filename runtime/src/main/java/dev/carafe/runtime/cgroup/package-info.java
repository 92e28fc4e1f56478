/**
 * Control groups, version 1, 2 and hybrid: what the host has ({@link
 * dev.carafe.runtime.cgroup.CgroupHost}) and the group of one container ({@link
 * dev.carafe.runtime.cgroup.Cgroup}). Files and their meaning: cgroups(7) and the kernel's
 * admin-guide/cgroup-v1 and cgroup-v2.
 */
package dev.carafe.runtime.cgroup;
