/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: packets whose source is to be rewritten on their way out although
 * they do not leave through an outside device (RFC 4787 REQ-9).
 *
 * The destination is rewritten in PREROUTING, the source not before
 * POSTROUTING (or LOCAL_IN): reverse-path filtering, conntrack and filter
 * rules in between are to see the inside address. What the source is to
 * become travels in skb->cb behind the IP control block; a bit of IPCB flags
 * that the stack clears with every packet says that it is there.
 *
 * With br_netfilter PREROUTING is called on the bridge, which needs skb->cb and
 * hands the packet to ip_rcv() only then. Until then the CPU remembers it.
 */
#ifndef _KNAT_HAIRPIN_H
#define _KNAT_HAIRPIN_H

#include <linux/build_bug.h>
#include <linux/percpu.h>
#include <net/ip.h>
#include "lookup.h"
#include "packet.h"

struct knat_view;

#define KNAT_IPSKB_HAIRPIN	BIT(15)

static inline struct knat_found *knat_hairpin_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(ALIGN(sizeof(struct inet_skb_parm), 8) +
		     sizeof(struct knat_found) > sizeof(skb->cb));
	return (void *)&skb->cb[ALIGN(sizeof(struct inet_skb_parm), 8)];
}

/* The packet that was marked last on a bridge. */
DECLARE_PER_CPU(const struct sk_buff *, knat_hairpin_bridged);

/* In PREROUTING: the source of @skb is to become @src. */
void knat_hairpin_mark(struct sk_buff *skb, const struct knat_found *src);

/* In POSTROUTING or LOCAL_IN: may @skb be marked? */
static inline bool knat_hairpin_maybe(const struct sk_buff *skb)
{
	return IPCB(skb)->flags & KNAT_IPSKB_HAIRPIN ||
	       unlikely(raw_cpu_read(knat_hairpin_bridged) == skb);
}

/* Is it? The mark is taken away. */
bool knat_hairpin_unmark(struct sk_buff *skb, struct knat_found *src);

/* A packet from the inside for an outside address: a netfilter verdict. */
unsigned int knat_hairpin_in(struct knat_packet *p,
			     const struct knat_view *view);

/* Is the packet from @saddr:@sport, now to @daddr:@dport, the hairpin packet that
 * this CPU translated last? Then @sent is where it was sent to. Errors about a
 * packet are made while it is at hand, so the last one is enough.
 */
bool knat_hairpin_last(const struct knat_net *kn, u8 proto,
		       __be32 saddr, __be16 sport, __be32 daddr, __be16 dport,
		       struct knat_found *sent);

/* A packet that was marked with @src: a netfilter verdict. */
unsigned int knat_hairpin_out(struct knat_net *kn, struct sk_buff *skb,
			      const struct knat_found *src);

/* A packet from the inside for the gateway: is it the answer to a flow that
 * the gateway has opened to an outside address? Then it is marked.
 */
void knat_hairpin_answer(struct knat_packet *p, const struct knat_view *view);

#endif /* _KNAT_HAIRPIN_H */
