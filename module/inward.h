/* SPDX-License-Identifier: GPL-2.0 */
/* knat: steps of the hooks that hairpinning and they have in common. */
#ifndef _KNAT_INWARD_H
#define _KNAT_INWARD_H

#include <net/ip.h>
#include "flow.h"
#include "rewrite.h"
#include "stats.h"

/* Rewrite the destination, or the source, as found: a netfilter verdict. */
unsigned int knat_deliver_dst(struct knat_packet *p, const struct knat_way *way);
unsigned int knat_deliver_src(struct knat_packet *p, const struct knat_way *way);

/* What every host must be able to receive (RFC 791 section 3.1), and no link in
 * use fragments (bytes).
 */
#define KNAT_NEVER_FRAGMENTED	576

/* The hosts behind an address count their datagrams each for itself. What is or
 * may be fragmented gets an id of the shared address, so that no two datagrams
 * mix at their destination (RFC 6864 section 5.3.1).
 */
static inline bool knat_may_be_fragmented(const struct sk_buff *skb)
{
	return skb->len > KNAT_NEVER_FRAGMENTED &&
	       !(ip_hdr(skb)->frag_off & htons(IP_DF));
}

static inline bool knat_wants_fresh_id(const struct sk_buff *skb)
{
	return IPCB(skb)->frag_max_size || knat_may_be_fragmented(skb);
}

/* Once its addresses are those that it leaves with. */
void knat_fresh_id(struct knat_net *kn, struct sk_buff *skb);

/* A packet for an outside address that matches no mapping: a verdict.
 * @from_outside: it came in through an outside device.
 */
unsigned int knat_unmatched(struct knat_packet *p, bool from_outside);

/* Lower the MSS of a SYN as the pool of @way asks; @mtu is that of the outside
 * path. False: no memory.
 */
bool knat_clamp(struct knat_packet *p, const struct knat_way *way, u32 mtu);

#endif /* _KNAT_INWARD_H */
