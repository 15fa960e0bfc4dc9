/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the netfilter hooks. Each is one function that reads from top to
 * bottom. They run under rcu_read_lock(), in softirq or process context.
 */
#ifndef _KNAT_HOOK_H
#define _KNAT_HOOK_H

#include <linux/netfilter.h>

#define KNAT_HOOKS	5

extern const struct nf_hook_ops knat_hook_ops[KNAT_HOOKS];

#endif /* _KNAT_HOOK_H */
