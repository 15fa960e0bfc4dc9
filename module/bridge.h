/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: br_netfilter, which shows packets on a bridge to the hooks of IP.
 *
 * PREROUTING is called before it is known whether the bridge passes the frame
 * on or the gateway takes it, and for the latter not again; POSTROUTING is
 * called for what the bridge passes on as well. What goes by on the bridge is
 * none of our business.
 */
#ifndef _KNAT_BRIDGE_H
#define _KNAT_BRIDGE_H

#include <linux/ip.h>
#include <linux/netfilter_bridge.h>
#include <linux/skbuff.h>

#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)

/* In PREROUTING on a bridge: is the frame for another machine? */
static inline bool knat_bridge_goes_by(const struct sk_buff *skb)
{
	return nf_bridge_info_get(skb)->pkt_otherhost;
}

/* In PREROUTING on a bridge: the destination was rewritten. To br_netfilter that
 * is a reason to bridge the packet to its new destination if it can, even to the
 * port that it came from; we want it routed.
 */
static inline void knat_bridge_take(struct sk_buff *skb)
{
	nf_bridge_info_get(skb)->ipv4_daddr = ip_hdr(skb)->daddr;
}

/* In POSTROUTING: is the packet one that goes by? */
static inline bool knat_bridge_passes(const struct sk_buff *skb)
{
	const struct nf_bridge_info *info = nf_bridge_info_get(skb);

	return info && info->physoutdev;
}

#else

static inline bool knat_bridge_goes_by(const struct sk_buff *skb)
{
	return false;
}

static inline void knat_bridge_take(struct sk_buff *skb)
{
}

static inline bool knat_bridge_passes(const struct sk_buff *skb)
{
	return false;
}

#endif

#endif /* _KNAT_BRIDGE_H */
