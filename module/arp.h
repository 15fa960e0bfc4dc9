/* SPDX-License-Identifier: GPL-2.0 */
/* knat: ARP requests for outside addresses that no device has. */
#ifndef _KNAT_ARP_H
#define _KNAT_ARP_H

#include <linux/netfilter.h>

/* Hook NF_ARP_IN, in softirq context under rcu_read_lock(). */
unsigned int knat_arp_in(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state);

#endif /* _KNAT_ARP_H */
