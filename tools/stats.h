/* SPDX-License-Identifier: GPL-2.0 */
/* natctl stats: the counters. */
#ifndef NATCTL_STATS_H
#define NATCTL_STATS_H

#include <stdint.h>
#include "nl.h"

/* What there is now, and the counters. */
extern const struct nl_reader stats_reader;
/* The counters of such a message, by attribute: enum knat_counter + 1. */
void stats_counters(const struct nlattr *const *attrs,
		    const struct nlattr **counters);
/* The name of a counter by its attribute, NULL: of a newer kernel. */
const char *counter_name(uint8_t attr);
const char *counter_meaning(const char *name);

#endif /* NATCTL_STATS_H */
