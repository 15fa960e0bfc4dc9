// SPDX-License-Identifier: GPL-2.0
/* knat: packets of devices on top of one with the fast path. */
#include <linux/etherdevice.h>
#include <linux/if_pppox.h>
#include <linux/ip.h>
#include <linux/ppp_defs.h>
#include <net/sch_generic.h>
#include "compat.h"
#include "fastppp.h"
#include "fastupper.h"
#include "net.h"

/* Does IP alone see what comes in through the device? */
static bool upper_open_in(const struct knat_net *kn,
			  const struct net_device *dev)
{
	return (dev->flags & IFF_UP) && net_eq(dev_net(dev), kn->net) &&
	       list_empty(&dev->ptype_all) &&
	       !rcu_access_pointer(dev->rx_handler) &&
	       !rcu_access_pointer(dev->xdp_prog) &&
	       !rcu_access_pointer(dev->nf_hooks_ingress) &&
	       !knat_tc_ingress(dev);
}

static void upper_pull(struct sk_buff *skb, struct knat_fastupper *came,
		       unsigned int len, __be16 protocol)
{
	skb_pull_rcsum(skb, len);
	skb_reset_network_header(skb);
	skb->protocol = protocol;
	came->pulled += len;
}

#if IS_ENABLED(CONFIG_VLAN_8021Q)

/* See vlan_do_receive(). */
static bool enter_vlan(const struct knat_net *kn, struct sk_buff *skb,
		       __be16 proto, u16 tci)
{
	struct vlan_dev_priv *vlan;
	struct net_device *dev;

	dev = __vlan_find_dev_deep_rcu(skb->dev, proto, tci & VLAN_VID_MASK);
	if (!dev || !upper_open_in(kn, dev))
		return false;
	vlan = vlan_dev_priv(dev);
	/* The port of a bond finds those of the bond. */
	if (vlan->real_dev != skb->dev)
		return false;
	/* It may have a hardware address of its own. */
	if (skb->pkt_type == PACKET_OTHERHOST &&
	    ether_addr_equal_64bits(eth_hdr(skb)->h_dest, dev->dev_addr))
		skb->pkt_type = PACKET_HOST;
	skb->priority = vlan->ingress_priority_map[tci >> VLAN_PRIO_SHIFT];
	skb->dev = dev;
	return true;
}

/* With the tag where the kernel has put it, beside the packet. */
static bool enter_outer_vlan(const struct knat_net *kn, struct sk_buff *skb,
			     struct knat_fastupper *came)
{
	if (!eth_type_vlan(skb->vlan_proto) ||
	    !enter_vlan(kn, skb, skb->vlan_proto, skb_vlan_tag_get(skb)))
		return false;
	came->vlan = skb->dev;
	came->len = skb->len;
	return true;
}

static bool enter_inner_vlan(const struct knat_net *kn, struct sk_buff *skb,
			     struct knat_fastupper *came)
{
	const struct vlan_hdr *vh;

	if (!pskb_may_pull(skb, VLAN_HLEN))
		return false;
	vh = (void *)skb_network_header(skb);
	if (!enter_vlan(kn, skb, skb->protocol, ntohs(vh->h_vlan_TCI)))
		return false;
	upper_pull(skb, came, VLAN_HLEN, vh->h_vlan_encapsulated_proto);
	came->vlan = skb->dev;
	came->len = skb->len;
	return true;
}

void knat_fastupper_commit(struct sk_buff *skb,
			   const struct knat_fastupper *came)
{
	unsigned int len = came->len;
	struct vlan_pcpu_stats *stats;
	struct net_device *dev;

	__vlan_hwaccel_clear_tag(skb);
	for (dev = came->vlan; dev && dev != came->dev;
	     dev = vlan_dev_priv(dev)->real_dev) {
		stats = this_cpu_ptr(vlan_dev_priv(dev)->vlan_pcpu_stats);
		u64_stats_update_begin(&stats->syncp);
		u64_stats_inc(&stats->rx_packets);
		u64_stats_add(&stats->rx_bytes, len);
		u64_stats_update_end(&stats->syncp);
		len += VLAN_HLEN;
	}
}

/* Does what leaves through the device go to the one beneath, with no more than a
 * tag? A device that is down has a queue that drops.
 */
static bool upper_open_out(struct net_device *dev)
{
	return !rcu_dereference(netdev_get_tx_queue(dev, 0)->qdisc)->enqueue &&
	       list_empty(&dev->ptype_all) &&
#ifdef CONFIG_NETFILTER_EGRESS
	       !rcu_access_pointer(dev->nf_hooks_egress) &&
#endif
	       !knat_tc_egress(dev) &&
	       (vlan_dev_priv(dev)->flags & VLAN_FLAG_REORDER_HDR);
}

/* See vlan_dev_hard_start_xmit(). */
void knat_fastupper_cross(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct vlan_dev_priv *vlan = vlan_dev_priv(dev);
	struct vlan_pcpu_stats *stats;

	if (!upper_open_out(dev))
		return;
	stats = this_cpu_ptr(vlan->vlan_pcpu_stats);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->tx_packets);
	u64_stats_add(&stats->tx_bytes, skb->len + ETH_HLEN);
	u64_stats_update_end(&stats->syncp);
	__vlan_hwaccel_put_tag(skb, vlan->vlan_proto, vlan->vlan_id |
			       vlan_dev_get_egress_qos_mask(dev, skb->priority));
	skb->dev = vlan->real_dev;
}

#else

static bool enter_outer_vlan(const struct knat_net *kn, struct sk_buff *skb,
			     struct knat_fastupper *came)
{
	return false;
}

static bool enter_inner_vlan(const struct knat_net *kn, struct sk_buff *skb,
			     struct knat_fastupper *came)
{
	return false;
}

void knat_fastupper_commit(struct sk_buff *skb,
			   const struct knat_fastupper *came)
{
}

void knat_fastupper_cross(struct sk_buff *skb)
{
}

#endif

/* Whole, and not compressed in any way. */
static bool enter_pppoe(const struct knat_net *kn, struct sk_buff *skb,
			struct knat_fastupper *came)
{
	const struct pppoe_hdr *ph;
	const struct iphdr *iph;
	struct net_device *dev;

	/* A bridge or the like takes it before PPPoE does. */
	if (skb->pkt_type != PACKET_HOST ||
	    rcu_access_pointer(skb->dev->rx_handler) ||
	    !pskb_may_pull(skb, PPPOE_SES_HLEN + sizeof(*iph)))
		return false;
	ph = pppoe_hdr(skb);
	iph = (void *)((u8 *)ph + PPPOE_SES_HLEN);
	/* What is behind the packet would be trimmed, which PPPoE minds. */
	if (ph->ver != 1 || ph->type != 1 || ph->code ||
	    *(const __be16 *)(ph + 1) != htons(PPP_IP) ||
	    ntohs(ph->length) != sizeof(__be16) + ntohs(iph->tot_len))
		return false;
	dev = knat_fastppp_find(kn, skb->dev, ntohs(ph->sid),
				eth_hdr(skb)->h_source);
	if (!dev || !upper_open_in(kn, dev))
		return false;
	upper_pull(skb, came, PPPOE_SES_HLEN, htons(ETH_P_IP));
	skb->dev = dev;
	return true;
}

bool knat_fastupper_enter(const struct knat_net *kn, struct sk_buff *skb,
			  struct knat_fastupper *came)
{
	bool entered;

	/* A second tag is behind the first. */
	if ((!skb_vlan_tag_present(skb) &&
	     skb->protocol != htons(ETH_P_PPP_SES)) || skb_shared(skb))
		return false;
	*came = (struct knat_fastupper){
		.dev = skb->dev,
		.priority = skb->priority,
		.protocol = skb->protocol,
		.pkt_type = skb->pkt_type,
	};
	entered = !skb_vlan_tag_present(skb) || enter_outer_vlan(kn, skb, came);
	while (entered && skb->protocol != htons(ETH_P_IP)) {
		if (eth_type_vlan(skb->protocol))
			entered = enter_inner_vlan(kn, skb, came);
		else if (skb->protocol == htons(ETH_P_PPP_SES))
			entered = enter_pppoe(kn, skb, came);
		else
			entered = false;
	}
	if (!entered)
		knat_fastupper_leave(skb, came);
	return entered;
}

void knat_fastupper_leave(struct sk_buff *skb,
			  const struct knat_fastupper *came)
{
	skb_push_rcsum(skb, came->pulled);
	skb_reset_network_header(skb);
	skb->dev = came->dev;
	skb->priority = came->priority;
	skb->protocol = came->protocol;
	skb->pkt_type = came->pkt_type;
}
