/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: one-to-one and prefix-to-prefix mappings (RFC 3022 section 2.1).
 * Stateless: any protocol, any port. The table is replaced whole under
 * kn->config_lock and read under RCU.
 */
#ifndef _KNAT_PREFIX_H
#define _KNAT_PREFIX_H

#include <linux/rcupdate.h>
#include <linux/types.h>

struct knat_net;
struct knat_prefixes;

/* Both NULL/false when @addr is in no prefix mapping. Under RCU. */
bool knat_prefix_outside_of(struct knat_net *kn, __be32 in_addr,
			    __be32 *out_addr);
bool knat_prefix_inside_of(struct knat_net *kn, __be32 out_addr,
			   __be32 *in_addr);

/* Make the table anew from kn->statics: 0 or -ENOMEM; NULL if there are none. */
int knat_prefix_new(struct knat_net *kn, struct knat_prefixes **prefixes);
void knat_prefix_publish(struct knat_net *kn, struct knat_prefixes *prefixes);
void knat_prefix_free(struct knat_prefixes *prefixes);
void knat_prefix_exit(struct knat_net *kn);

#endif /* _KNAT_PREFIX_H */
