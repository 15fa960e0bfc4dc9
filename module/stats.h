/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: counters, one set for each CPU. Written with the CPU's own add from
 * any context; read without a lock.
 */
#ifndef _KNAT_STATS_H
#define _KNAT_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include "uapi/knat.h"

struct knat_net;

/**
 * struct knat_stats - the counters of one CPU
 * @n: by enum knat_counter
 */
struct knat_stats {
	unsigned long	n[__KNAT_COUNTER_MAX];
};

#define knat_count(kn, NAME) \
	this_cpu_inc((kn)->stats->n[KNAT_COUNTER_##NAME])

/* Counter chosen at run time. */
#define knat_count_nr(kn, nr)	this_cpu_inc((kn)->stats->n[nr])

/* Does the counter tell of packets that go no further? */
static inline bool knat_counter_is_drop(enum knat_counter counter)
{
	return counter >= KNAT_COUNTER_REFUSE_PORTS &&
	       counter != KNAT_COUNTER_SYN_ANSWERED;
}

/* As natctl stats calls it. */
const char *knat_counter_name(u32 nr);

/* Sum over the CPUs since the last reset, into @sum[__KNAT_COUNTER_MAX]. */
void knat_stats_sum(struct knat_net *kn, u64 *sum);

/* Start counting from zero (process context). */
void knat_stats_reset(struct knat_net *kn);

#endif /* _KNAT_STATS_H */
