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
 * hands the packet to ip_rcv() only then. Meanwhile it is remembered by the
 * address of its skb.
 */
#ifndef _KNAT_HAIRPIN_H
#define _KNAT_HAIRPIN_H

#include <linux/build_bug.h>
#include <linux/hash.h>
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

/* Packets that were marked on a bridge, by hash */
#define KNAT_HAIRPIN_SLOTS_BITS	6

/**
 * struct knat_hairpin_slot - what a packet was marked with on a bridge
 * @skb: the packet, or NULL
 * @src: what its source is to become
 * @saddr: its source, for the skb may be another packet's since
 * @id: its IP id, for the same reason
 *
 * Written under a lock; @skb is read without.
 */
struct knat_hairpin_slot {
	const struct sk_buff	*skb;
	struct knat_found	src;
	__be32			saddr;
	__be16			id;
};

extern struct knat_hairpin_slot
knat_hairpin_slots[1 << KNAT_HAIRPIN_SLOTS_BITS];
/* Has there ever been one? On most machines there has not. */
extern bool knat_hairpin_slots_used;

static inline struct knat_hairpin_slot *
knat_hairpin_slot(const struct sk_buff *skb)
{
	return &knat_hairpin_slots[hash_ptr(skb, KNAT_HAIRPIN_SLOTS_BITS)];
}

static inline bool knat_hairpin_in_slot(const struct sk_buff *skb)
{
	return unlikely(READ_ONCE(knat_hairpin_slots_used)) &&
	       READ_ONCE(knat_hairpin_slot(skb)->skb) == skb;
}

/* In PREROUTING: the source of @skb is to become @src. */
void knat_hairpin_mark(struct sk_buff *skb, const struct knat_found *src);

/* In POSTROUTING or LOCAL_IN: may @skb be marked? */
static inline bool knat_hairpin_maybe(const struct sk_buff *skb)
{
	return IPCB(skb)->flags & KNAT_IPSKB_HAIRPIN ||
	       knat_hairpin_in_slot(skb);
}

/* Is it? The mark is taken away. */
bool knat_hairpin_unmark(struct sk_buff *skb, struct knat_found *src);

/* In PREROUTING on a bridge: a mark is that of an earlier packet in this skb. */
void knat_hairpin_forget(struct sk_buff *skb);

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
