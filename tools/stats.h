/* SPDX-License-Identifier: GPL-2.0 */
/* natctl stats: the counters. */
#ifndef NATCTL_STATS_H
#define NATCTL_STATS_H

#include <stdint.h>

/* The name of a counter by its attribute, NULL: of a newer kernel. */
const char *counter_name(uint8_t attr);
const char *counter_meaning(const char *name);

#endif /* NATCTL_STATS_H */
