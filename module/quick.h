/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: what the hooks do with the packets that there are most of, UDP of a
 * mapping and TCP of an established session, with nothing unusual about them.
 * They are treated as the rest of the code would treat them, to which all
 * others are left.
 *
 * Called by the hooks, under rcu_read_lock(), and inlined there.
 */
#ifndef _KNAT_QUICK_H
#define _KNAT_QUICK_H

#include "inward.h"
#include "quick_packet.h"

/* Translate a packet for one of our outside addresses, that came in through an
 * outside device. False: nothing was done.
 */
static __always_inline bool knat_quick_in(struct knat_net *kn,
					  const struct knat_view *view,
					  struct sk_buff *skb)
{
	struct knat_quick q;
	__be32 addr;
	__be16 port;

	if (!knat_quick_parse(skb, &q) || !knat_quick_writable(skb, &q) ||
	    !knat_quick_find_in(kn, view, &q, &addr, &port))
		return false;
	knat_quick_rewrite(skb, &q, &q.iph->daddr, &q.ports[1], addr, port);
	knat_count(kn, IN_TRANSLATED);
	return true;
}

/* A packet that @q tells of leaves as @addr:@port. */
static __always_inline void knat_quick_leave(struct knat_net *kn,
					     struct sk_buff *skb,
					     struct knat_quick *q,
					     __be32 addr, __be16 port)
{
	knat_quick_rewrite(skb, q, &q->iph->saddr, &q->ports[0], addr, port);
	if (unlikely(knat_wants_fresh_id(skb)))
		knat_fresh_id(kn, skb);
	knat_count(kn, OUT_TRANSLATED);
}

/* Translate a packet that leaves through outside device @dev; likewise. Else, if
 * @q->unmapped, @q tells all of it: it is UDP, and there is no mapping for it.
 */
static __always_inline bool knat_quick_out(struct knat_net *kn,
					   const struct knat_view *view,
					   const struct knat_view_dev *dev,
					   struct sk_buff *skb,
					   struct knat_quick *q)
{
	__be32 addr;
	__be16 port;

	q->unmapped = false;
	if (!knat_quick_parse(skb, q) || !knat_quick_writable(skb, q) ||
	    !knat_quick_find_out(kn, view, dev, q, &addr, &port))
		return false;
	knat_quick_leave(kn, skb, q, addr, port);
	return true;
}

/* A packet has come in that may leave through an outside device: have the line
 * of the table that it will need fetched while it is routed.
 */
static __always_inline void knat_quick_foresee(struct knat_net *kn,
					       const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports = (void *)(iph + 1);
	struct knat_flow flow;

	/* UDP has the shorter header; a wrong guess does no harm. */
	if (skb_headlen(skb) < sizeof(*iph) + sizeof(struct udphdr))
		return;
	flow.near = knat_ep(iph->protocol, iph->saddr, ports[0]);
	if (iph->protocol == IPPROTO_UDP) {
		knat_table_prefetch(&kn->map_in,
				    knat_map_in_hash(kn, flow.near,
						     knat_far(0, 0, 0)));
	} else if (iph->protocol == IPPROTO_TCP) {
		flow.far = knat_far(iph->daddr, ports[1], 0);
		knat_table_prefetch(&kn->session_in,
				    knat_session_in_hash(kn, &flow));
		/* It will ask for a mapping next. */
		if (skb_headlen(skb) >= sizeof(*iph) + sizeof(struct tcphdr) &&
		    (((const u8 *)ports)[13] & KNAT_TCP_SYN))
			knat_table_prefetch(&kn->map_in,
					    knat_map_in_hash(kn, flow.near,
							     knat_far(0, 0, 0)));
	}
}

#endif /* _KNAT_QUICK_H */
