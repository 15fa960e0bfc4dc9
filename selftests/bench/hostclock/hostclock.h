/* SPDX-License-Identifier: GPL-2.0 */
/* The clocks of a user-mode kernel's host. */
#ifndef HOSTCLOCK_H
#define HOSTCLOCK_H

#include <linux/time64.h>
#include <linux/types.h>

#ifndef CONFIG_UML
#error "this is of use in user-mode Linux only"
#endif

/* The numbers of the host, which is always x86-64. */
#define HOST_CLOCK_GETTIME	228
#define HOST_CLOCK_MONOTONIC	1
#define HOST_CLOCK_PROCESS_CPU	2
#define HOST_CLOCK_THREAD_CPU	3

static inline s64 host_clock(long clock)
{
	struct { s64 sec, nsec; } now = {};
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "0" (HOST_CLOCK_GETTIME), "D" (clock), "S" (&now)
		     : "rcx", "r11", "memory");
	return ret ? 0 : now.sec * NSEC_PER_SEC + now.nsec;
}

#endif
