/* SPDX-License-Identifier: GPL-2.0 */
/* natctl lookup: the limits that a flow would exceed. */
#ifndef NATCTL_LOOKUP_LIMIT_H
#define NATCTL_LOOKUP_LIMIT_H

#include "nl.h"

/* Ask the kernel for those that @counter, enum knat_counter or -1, is about: for
 * the inside address @addr, its rule and its mapping, which may be without
 * attributes.
 */
void lookup_limits_fetch(int counter, uint32_t addr,
			 const struct nlattr *const *rule,
			 const struct nlattr *const *map);
/* Print what was fetched: in JSON an array, else a line for each. */
void lookup_limits_print(void);

#endif /* NATCTL_LOOKUP_LIMIT_H */
