/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: routes of the fast path.
 *
 * What the kernel says of a pair of addresses and the device that a packet came
 * in through is kept for a second, or until it changes anything about routes
 * (rt_genid). That no more than these decides is looked at before: there are no
 * policy rules, and multipath routes, if any, go by addresses.
 *
 * Two slots are open to each pair. What finds both taken is not kept: a slot is
 * free again after a second.
 *
 * Entries never change. They are read and replaced under rcu_read_lock() by the
 * packet path, and freed a grace period later with their reference on the route.
 */
#ifndef _KNAT_FASTROUTE_H
#define _KNAT_FASTROUTE_H

#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/route.h>
#include "net.h"
#include "table.h"

#define KNAT_FASTROUTE_BITS	12

/**
 * struct knat_fastroute - what is known of a pair
 * @rcu: frees it
 * @ends: source and destination
 * @from: the device, and the DSCP
 * @genid: of the namespace's routes, when the kernel was asked
 * @stamp: jiffies then
 * @rt: the route, with a reference; NULL: the pair is not for the fast path
 */
struct knat_fastroute {
	struct rcu_head	rcu;
	u64		ends;
	u64		from;
	int		genid;
	u32		stamp;
	struct rtable	*rt;
};

/**
 * struct knat_fastroutes - those of a namespace
 * @slot: by hash
 */
struct knat_fastroutes {
	struct knat_fastroute __rcu *slot[1 << KNAT_FASTROUTE_BITS];
};

/* Ask the kernel for the route of a packet from @saddr to @daddr, with skb->dev
 * and the header's DSCP, and keep the answer in one of the two slots if it is
 * free. The route, which the skb has then, or NULL.
 */
struct rtable *knat_fastroute_ask(struct knat_net *kn, struct sk_buff *skb,
				  __be32 saddr, __be32 daddr,
				  struct knat_fastroute __rcu **slot);

/* Forget all (any context); and make and free the table (process context). */
void knat_fastroute_flush(struct knat_net *kn);
int knat_fastroute_init(struct knat_net *kn);
void knat_fastroute_exit(struct knat_net *kn);

static inline bool knat_fastroute_fresh(const struct knat_net *kn,
					const struct knat_fastroute *route)
{
	return route->genid == rt_genid_ipv4(kn->net) &&
	       (u32)jiffies - route->stamp < HZ &&
	       (!route->rt || READ_ONCE(route->rt->dst.obsolete) ==
			      DST_OBSOLETE_FORCE_CHK);
}

/* The route of a packet, or NULL. */
static __always_inline struct rtable *
knat_fastroute(struct knat_net *kn, struct sk_buff *skb,
	       __be32 saddr, __be32 daddr)
{
	struct knat_fastroute __rcu **slot = kn->fastroutes->slot;
	u64 ends = (u64)(__force u32)saddr << 32 | (__force u32)daddr;
	u64 from = (u64)skb->dev->ifindex << 8 |
		   (ip_hdr(skb)->tos & ~INET_ECN_MASK);
	const struct knat_fastroute *route;
	int i;

	/* Any keyed hash will do. */
	slot += knat_table_hash(&kn->map_in, ends, from) >>
		(64 - KNAT_FASTROUTE_BITS) & ~1ULL;
	for (i = 0; i < 2; i++) {
		route = rcu_dereference(slot[i]);
		if (likely(route) && likely(route->ends == ends) &&
		    likely(route->from == from) &&
		    likely(knat_fastroute_fresh(kn, route)))
			return route->rt;
	}
	return knat_fastroute_ask(kn, skb, saddr, daddr, slot);
}

#endif /* _KNAT_FASTROUTE_H */
