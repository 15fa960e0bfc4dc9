/* SPDX-License-Identifier: GPL-2.0 */
/* natctl pool: how pools are listed. */
#ifndef NATCTL_POOL_H
#define NATCTL_POOL_H

#include "nl.h"

/* A list of pools. */
const struct nl_reader *pool_reader(void);
/* The addresses in a message, as words. */
void pool_ranges_text(const struct nlmsghdr *nlh);

#endif /* NATCTL_POOL_H */
