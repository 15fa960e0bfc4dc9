/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: filters of mappings and sessions. */
#ifndef NATCTL_FILTER_H
#define NATCTL_FILTER_H

#include "nl.h"
#include "words.h"

/* What @word says; 0.0.0.0 would be no filter at all to the kernel. */
void filter_check_addr(uint32_t addr, const char *word);

/* ADDR[:PORT], of what @word names, into two attributes. */
void filter_put_end(struct words *words, struct nlmsghdr *nlh, const char *word,
		    int attr_addr, int attr_port);

#endif /* NATCTL_FILTER_H */
