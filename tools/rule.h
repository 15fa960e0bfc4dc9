/* SPDX-License-Identifier: GPL-2.0 */
/* natctl rule: how rules are listed. */
#ifndef NATCTL_RULE_H
#define NATCTL_RULE_H

#include "nl.h"

/* A list of rules. */
extern const struct nl_reader rule_reader;
/* One rule: in JSON an object of this key, else a line. */
void rule_print(const char *key, const struct nlattr *const *attrs);
uint32_t rule_prio(const struct nlattr *const *attrs);
/* What tells a rule from others, as words. */
void rule_selectors_text(const struct nlattr *const *attrs);

#endif /* NATCTL_RULE_H */
