/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the netfilter hooks. Each is one function that reads from top to
 * bottom. They run under rcu_read_lock(), in softirq or process context.
 */
#ifndef _KNAT_HOOK_H
#define _KNAT_HOOK_H

#include <linux/netfilter.h>

extern const struct nf_hook_ops knat_hook_ops[];
extern const unsigned int knat_hooks;

#endif /* _KNAT_HOOK_H */
