// SPDX-License-Identifier: GPL-2.0
/*
 * hostclock: the clocks of a user-mode kernel's host.
 *
 * Reading /proc/hostclock gives two numbers of nanoseconds: the CPU time that
 * the host has charged to the process that the kernel is, and the host's
 * monotonic clock. The first is what a packet costs, whoever else uses the
 * machine; programs of the guest are other processes of the host and are not
 * in it.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/time64.h>

#ifndef CONFIG_UML
#error "this is of use in user-mode Linux only"
#endif

/* The numbers of the host, which is always x86-64. */
#define HOST_CLOCK_GETTIME	228
#define HOST_CLOCK_MONOTONIC	1
#define HOST_CLOCK_PROCESS_CPU	2

static s64 host_clock(long clock)
{
	struct { s64 sec, nsec; } now = {};
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "0" (HOST_CLOCK_GETTIME), "D" (clock), "S" (&now)
		     : "rcx", "r11", "memory");
	return ret ? 0 : now.sec * NSEC_PER_SEC + now.nsec;
}

static int hostclock_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "%lld %lld\n", host_clock(HOST_CLOCK_PROCESS_CPU),
		   host_clock(HOST_CLOCK_MONOTONIC));
	return 0;
}

static int __init hostclock_init(void)
{
	if (!proc_create_single("hostclock", 0444, NULL, hostclock_show))
		return -ENOMEM;
	return 0;
}

static void __exit hostclock_exit(void)
{
	remove_proc_entry("hostclock", NULL);
}

module_init(hostclock_init);
module_exit(hostclock_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("CPU time of a user-mode kernel, as its host counts it");
