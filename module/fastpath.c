// SPDX-License-Identifier: GPL-2.0
/* knat: the fast path. */
#include <linux/netfilter_netdev.h>
#include <net/arp.h>
#include <net/neighbour.h>
#include "compat.h"
#include "fastpath.h"
#include "fastppp.h"
#include "fastroute.h"
#include "fastupper.h"
#include "inward.h"
#include "lookup.h"
#include "quick_packet.h"

/* Filters of nf_tables at ingress come first: what they drop is dropped. */
#define HOOK_PRI_INGRESS	INT_MAX

/* Whole, for the gateway's hardware address, and nothing known of it but what the
 * device says: then what ip_rcv() would do, up to its trimming.
 */
static __always_inline bool fast_receive(struct sk_buff *skb)
{
	const struct iphdr *iph;
	unsigned int len;

	if (skb->pkt_type != PACKET_HOST || skb_dst(skb) || skb_shared(skb) ||
	    skb_sk_is_prefetched(skb) ||
	    skb_headlen(skb) < sizeof(struct iphdr) + sizeof(struct udphdr))
		return false;
#ifdef CONFIG_NET_SWITCHDEV
	if (skb->offload_l3_fwd_mark)
		return false;
#endif
	iph = ip_hdr(skb);
	len = be16_to_cpu(iph->tot_len);
	if (*(const u8 *)iph != 0x45 || iph->ttl <= 1 || len > skb->len ||
	    len < sizeof(struct iphdr) + sizeof(struct udphdr) ||
	    unlikely(ip_fast_csum(iph, sizeof(*iph) / 4)))
		return false;
	return !pskb_trim_rcsum(skb, len);
}

static __always_inline bool fast_fits(const struct sk_buff *skb,
				      const struct rtable *rt)
{
	unsigned int mtu = ip_dst_mtu_maybe_forward(&rt->dst, true);

	if (!skb_is_gso(skb))
		return skb->len <= mtu;
	/* What has no type is of LRO, which is not to be forwarded. */
	return skb_shinfo(skb)->gso_type &&
	       (skb->len <= mtu || skb_gso_validate_network_len(skb, mtu));
}

/* The neighbour to which the packet goes, if nothing stands in its way. What it
 * needs for that in the skb is made.
 */
static __always_inline struct neighbour *
fast_neighbour(struct sk_buff *skb, struct knat_quick *q,
	       const struct rtable *rt, __be32 daddr)
{
	struct net_device *out = rt->dst.dev;
	struct neighbour *neigh;

	if (unlikely(!fast_fits(skb, rt)))
		return NULL;
	neigh = __ipv4_neigh_lookup_noref(out, (__force u32)rt_nexthop(rt, daddr));
	if (unlikely(!neigh) ||
	    unlikely(!(READ_ONCE(neigh->nud_state) & NUD_VALID)))
		return NULL;
	if (unlikely(skb_headroom(skb) < LL_RESERVED_SPACE(out)) ||
	    unlikely(!knat_quick_writable(skb, q))) {
		if (skb_cow(skb, LL_RESERVED_SPACE(out)))
			return NULL;
		knat_quick_parse(skb, q);
	}
	return neigh;
}

/* What lies between ip_rcv() and the output device, for a packet whose addresses
 * are those that it leaves with.
 */
static __always_inline void fast_forward(struct knat_net *kn,
					 struct sk_buff *skb,
					 const struct knat_fastupper *came,
					 struct rtable *rt,
					 struct neighbour *neigh)
{
	struct iphdr *iph = ip_hdr(skb);

	if (unlikely(came->dev))
		knat_fastupper_commit(skb, came);
	skb_orphan(skb);
	skb_set_transport_header(skb, sizeof(*iph));
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	skb_forward_csum(skb);
	ip_decrease_ttl(iph);
	if (READ_ONCE(kn->net->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(iph->tos);
	skb_clear_tstamp(skb);
	if (!skb_dst(skb))
		skb_dst_set_noref(skb, &rt->dst);
	skb->dev = rt->dst.dev;
	if (unlikely(is_vlan_dev(skb->dev)))
		knat_fastupper_cross(skb);
	__IP_INC_STATS(kn->net, IPSTATS_MIB_OUTFORWDATAGRAMS);
	neigh_output(neigh, skb, false);
}

/* The route was asked for in vain: the stack is to ask for itself. */
static unsigned int fast_miss(struct knat_net *kn, struct sk_buff *skb)
{
	skb_dst_drop(skb);
	knat_count(kn, FAST_MISS);
	return NF_ACCEPT;
}

static unsigned int fast_in(struct knat_net *kn, const struct knat_view *view,
			    struct sk_buff *skb,
			    const struct knat_fastupper *came,
			    struct knat_quick *q)
{
	struct neighbour *neigh;
	struct rtable *rt;
	__be32 addr;
	__be16 port;

	if (!knat_quick_find_in(kn, view, q, &addr, &port))
		return NF_ACCEPT;
	rt = knat_fastroute(kn, skb, q->iph->saddr, addr);
	neigh = likely(rt) ? fast_neighbour(skb, q, rt, addr) : NULL;
	if (unlikely(!neigh))
		return fast_miss(kn, skb);
	knat_quick_rewrite(skb, q, &q->iph->daddr, &q->ports[1], addr, port);
	knat_count(kn, IN_TRANSLATED);
	knat_count(kn, FAST_IN);
	fast_forward(kn, skb, came, rt, neigh);
	return NF_STOLEN;
}

static unsigned int fast_out(struct knat_net *kn, const struct knat_view *view,
			     struct sk_buff *skb,
			     const struct knat_fastupper *came,
			     struct knat_quick *q)
{
	const struct knat_view_dev *dev;
	struct neighbour *neigh;
	struct rtable *rt;
	__be32 addr;
	__be16 port;

	rt = knat_fastroute(kn, skb, q->iph->saddr, q->iph->daddr);
	if (unlikely(!rt))
		return NF_ACCEPT;
	dev = knat_view_dev(view, rt->dst.dev->ifindex);
	if (!dev || !knat_quick_find_out(kn, view, dev, q, &addr, &port)) {
		skb_dst_drop(skb);
		return NF_ACCEPT;
	}
	neigh = fast_neighbour(skb, q, rt, q->iph->daddr);
	if (unlikely(!neigh))
		return fast_miss(kn, skb);
	knat_quick_rewrite(skb, q, &q->iph->saddr, &q->ports[0], addr, port);
	if (unlikely(knat_may_be_fragmented(skb)))
		knat_fresh_id(kn, skb);
	knat_count(kn, OUT_TRANSLATED);
	knat_count(kn, FAST_OUT);
	fast_forward(kn, skb, came, rt, neigh);
	return NF_STOLEN;
}

/* A packet of skb->dev */
static __always_inline unsigned int
fast_packet(struct knat_net *kn, const struct knat_view *view,
	    struct sk_buff *skb, const struct knat_fastupper *came)
{
	struct knat_quick q;

	if (!fast_receive(skb) || !knat_quick_parse(skb, &q))
		return NF_ACCEPT;
	if (!knat_lookup_is_outside(kn, q.iph->daddr))
		return fast_out(kn, view, skb, came, &q);
	/* From the inside it is a hairpin packet. */
	if (!knat_view_dev(view, skb->dev->ifindex))
		return NF_ACCEPT;
	return fast_in(kn, view, skb, came, &q);
}

static unsigned int hook_ingress(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct knat_net *kn = priv;
	const struct knat_view *view = rcu_dereference(kn->view);
	struct knat_fastupper came;
	unsigned int verdict;

	if (unlikely(!view))
		return NF_ACCEPT;
	came.dev = NULL;
	if (unlikely(skb->protocol != htons(ETH_P_IP) ||
		     skb_vlan_tag_present(skb)) &&
	    !knat_fastupper_enter(kn, skb, &came))
		return NF_ACCEPT;
	verdict = fast_packet(kn, view, skb, &came);
	if (unlikely(came.dev) && verdict == NF_ACCEPT)
		knat_fastupper_leave(skb, &came);
	return verdict;
}

static void fastdev_unbind(struct knat_net *kn, struct knat_fastdev *fastdev)
{
	if (!fastdev->ops.dev)
		return;
	nf_unregister_net_hook(kn->net, &fastdev->ops);
	fastdev->ops.dev = NULL;
}

static int fastdev_bind(struct knat_net *kn, struct knat_fastdev *fastdev,
			struct net_device *dev)
{
	int err;

	fastdev->ops.dev = dev;
	err = nf_register_net_hook(kn->net, &fastdev->ops);
	if (err)
		fastdev->ops.dev = NULL;
	return err;
}

struct knat_fastdev *knat_fastdev_find(struct knat_net *kn, const char *name)
{
	struct knat_fastdev *fastdev;

	lockdep_assert_held(&kn->config_lock);

	list_for_each_entry(fastdev, &kn->fastdevs, list)
		if (!fastdev->deleted && !strcmp(fastdev->name, name))
			return fastdev;
	return NULL;
}

struct knat_fastdev *knat_fastdev_new(struct knat_net *kn, const char *name,
				      struct netlink_ext_ack *extack)
{
	struct knat_fastdev *fastdev;
	int err;

	lockdep_assert_held(&kn->config_lock);

	if (knat_fastdev_find(kn, name)) {
		NL_SET_ERR_MSG(extack, "the device has the fast path already");
		return ERR_PTR(-EEXIST);
	}
	fastdev = kzalloc(sizeof(*fastdev), GFP_KERNEL_ACCOUNT);
	if (!fastdev)
		return ERR_PTR(-ENOMEM);
	strscpy(fastdev->name, name, sizeof(fastdev->name));
	fastdev->ops.hook = hook_ingress;
	fastdev->ops.priv = kn;
	fastdev->ops.pf = NFPROTO_NETDEV;
	fastdev->ops.hooknum = NF_NETDEV_INGRESS;
	fastdev->ops.priority = HOOK_PRI_INGRESS;

	mutex_lock(&kn->fast_lock);
	err = knat_fastroute_init(kn);
	if (!err)
		err = knat_fastppp_init(kn);
	if (!err)
		list_add_tail(&fastdev->list, &kn->fastdevs);
	mutex_unlock(&kn->fast_lock);
	if (!err)
		return fastdev;
	kfree(fastdev);
	return ERR_PTR(err);
}

int knat_fastdev_start(struct knat_net *kn, struct knat_fastdev *fastdev,
		       struct netlink_ext_ack *extack)
{
	struct net_device *dev = NULL;
	int err = 0;

	lockdep_assert_held(&kn->config_lock);

	mutex_lock(&kn->fast_lock);
	/* It may have come just now; if it goes, knat_fastdev_refresh() waits for
	 * our lock.
	 */
	if (!fastdev->ops.dev)
		dev = dev_get_by_name(kn->net, fastdev->name);
	if (dev) {
		err = fastdev_bind(kn, fastdev, dev);
		dev_put(dev);
		if (err)
			NL_SET_ERR_MSG(extack,
				       "the ingress hook of the device cannot be registered");
	}
	mutex_unlock(&kn->fast_lock);
	return err;
}

void knat_fastdev_free(struct knat_net *kn, struct knat_fastdev *fastdev)
{
	mutex_lock(&kn->fast_lock);
	list_del(&fastdev->list);
	fastdev_unbind(kn, fastdev);
	knat_fastroute_flush(kn);
	mutex_unlock(&kn->fast_lock);
	kfree_rcu(fastdev, rcu);
}

void knat_fastdev_flush(struct knat_net *kn)
{
	struct knat_fastdev *fastdev, *next;

	list_for_each_entry_safe(fastdev, next, &kn->fastdevs, list)
		knat_fastdev_free(kn, fastdev);
}

void knat_fastdev_refresh(struct knat_net *kn, struct net_device *changed,
			  struct net_device *leaving)
{
	struct knat_fastdev *fastdev;
	struct net_device *dev;

	ASSERT_RTNL();

	mutex_lock(&kn->fast_lock);
	knat_fastppp_refresh(kn, changed);
	list_for_each_entry(fastdev, &kn->fastdevs, list) {
		dev = __dev_get_by_name(kn->net, fastdev->name);
		if (dev == leaving)
			dev = NULL;
		if (dev == fastdev->ops.dev)
			continue;
		fastdev_unbind(kn, fastdev);
		if (dev && fastdev_bind(kn, fastdev, dev))
			netdev_warn(dev, "knat: the fast path cannot be had\n");
	}
	knat_fastroute_flush(kn);
	mutex_unlock(&kn->fast_lock);
}
