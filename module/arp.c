// SPDX-License-Identifier: GPL-2.0
/*
 * knat: ARP for outside addresses.
 *
 * A pool or a static mapping may use an address of the subnet on an outside
 * device without the device having it. The neighbours there ask for it, and
 * the gateway answers (RFC 3022 section 6.2).
 */
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/arp.h>
#include "arp.h"
#include "local.h"
#include "lookup.h"
#include "net.h"
#include "rule.h"

/* Is @addr in a subnet of @dev? */
static bool arp_on_link(const struct net_device *dev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (ifa->ifa_prefixlen < 32 && inet_ifa_match(addr, ifa))
			return true;
	return false;
}

/* Are we to answer for @addr, which a neighbour @sender on @dev asks for?
 * Who announces or probes an address of its own asks for itself or for none.
 */
static bool arp_is_ours(struct knat_net *kn, const struct net_device *dev,
			__be32 sender, __be32 addr)
{
	const struct knat_view *view = rcu_dereference(kn->view);

	return view && knat_lookup_is_outside(kn, addr) && sender != addr &&
	       knat_view_dev(view, dev->ifindex) && arp_on_link(dev, addr) &&
	       !knat_local_addr(kn->net, addr);
}

unsigned int knat_arp_in(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	struct net_device *dev = state->in;
	const struct arphdr *arp;
	const u8 *hardware;
	__be32 sender, addr;

	/* arp_rcv() has made the header linear; FireWire's is another. */
	arp = arp_hdr(skb);
	if (arp->ar_op != htons(ARPOP_REQUEST) ||
	    arp->ar_pro != htons(ETH_P_IP) || arp->ar_pln != sizeof(addr) ||
	    arp->ar_hln != dev->addr_len || dev->type == ARPHRD_IEEE1394)
		return NF_ACCEPT;
	hardware = (const u8 *)(arp + 1);
	memcpy(&sender, hardware + dev->addr_len, sizeof(sender));
	memcpy(&addr, hardware + 2 * dev->addr_len + sizeof(sender),
	       sizeof(addr));
	if (likely(!arp_is_ours(priv, dev, sender, addr)))
		return NF_ACCEPT;
	arp_send(ARPOP_REPLY, ETH_P_ARP, sender, dev, addr, hardware,
		 dev->dev_addr, hardware);
	return NF_DROP;
}
