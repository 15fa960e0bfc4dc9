/* SPDX-License-Identifier: GPL-2.0 */
/* natctl pool: how pools are listed, and missed. */
#ifndef NATCTL_POOL_H
#define NATCTL_POOL_H

#include "nl.h"

/* The error about a pool that is not there. */
void pool_missing(const char *name) __attribute__((noreturn));
/* A list of pools. */
const struct nl_reader *pool_reader(void);
/* The addresses in a message, as words. */
void pool_ranges_text(const struct nlmsghdr *nlh);

#endif /* NATCTL_POOL_H */
