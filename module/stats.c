// SPDX-License-Identifier: GPL-2.0
/* knat: counters, summed and reset. */
#include "net.h"
#include "stats.h"

#define COUNTER_NAME(NAME, name, meaning)	#name,

static const char *const counter_names[] = { KNAT_COUNTERS(COUNTER_NAME) };

const char *knat_counter_name(u32 nr)
{
	return counter_names[nr];
}

static void stats_raw(struct knat_net *kn, u64 *sum)
{
	int cpu, i;

	memset(sum, 0, __KNAT_COUNTER_MAX * sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct knat_stats *stats = per_cpu_ptr(kn->stats, cpu);

		for (i = 0; i < __KNAT_COUNTER_MAX; i++)
			sum[i] += READ_ONCE(stats->n[i]);
	}
}

void knat_stats_sum(struct knat_net *kn, u64 *sum)
{
	int i;

	stats_raw(kn, sum);
	mutex_lock(&kn->config_lock);
	for (i = 0; i < __KNAT_COUNTER_MAX; i++)
		sum[i] -= kn->stats_base[i];
	mutex_unlock(&kn->config_lock);
}

void knat_stats_reset(struct knat_net *kn)
{
	mutex_lock(&kn->config_lock);
	stats_raw(kn, kn->stats_base);
	mutex_unlock(&kn->config_lock);
}
