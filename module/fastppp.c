// SPDX-License-Identifier: GPL-2.0
/* knat: PPP devices over Ethernet, by their sessions. */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "fastppp.h"
#include "net.h"

/* On which session is the device? False: on none, or on several. */
static bool ppp_ask(const struct net_device *dev, struct knat_fastppp *ppp)
{
	struct net_device_path_ctx ctx = { .dev = dev };
	struct net_device_path path = {};

	if (dev->type != ARPHRD_PPP || !(dev->flags & IFF_UP) ||
	    !dev->netdev_ops->ndo_fill_forward_path ||
	    dev->netdev_ops->ndo_fill_forward_path(&ctx, &path) ||
	    path.type != DEV_PATH_PPPOE)
		return false;
	ppp->ifindex = dev->ifindex;
	ppp->beneath = ctx.dev->ifindex;
	ppp->sid = path.encap.id;
	ether_addr_copy(ppp->remote, path.encap.h_dest);
	return true;
}

static bool ppp_same(const struct knat_fastppp *a, const struct knat_fastppp *b)
{
	return a->sid == b->sid && a->beneath == b->beneath &&
	       ether_addr_equal(a->remote, b->remote);
}

static struct hlist_head *ppp_bucket(const struct knat_net *kn, u16 sid)
{
	return &kn->fastppps->bucket[sid & ((1 << KNAT_FASTPPP_BITS) - 1)];
}

static void ppp_note(struct knat_net *kn, const struct net_device *dev)
{
	struct knat_fastppp tmpl = { .stamp = (u32)jiffies, .live = true };
	struct knat_fastppp *ppp;

	if (!ppp_ask(dev, &tmpl))
		return;
	/* Without it, its packets take the usual path. */
	ppp = kmemdup(&tmpl, sizeof(tmpl),
		      GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (ppp)
		hlist_add_head_rcu(&ppp->node, ppp_bucket(kn, ppp->sid));
}

/* Forget one device, or all. */
static void ppp_forget(struct knat_net *kn, const struct net_device *dev)
{
	struct hlist_head *bucket = kn->fastppps->bucket;
	struct hlist_node *next;
	struct knat_fastppp *ppp;
	int i;

	for (i = 0; i < ARRAY_SIZE(kn->fastppps->bucket); i++) {
		hlist_for_each_entry_safe(ppp, next, &bucket[i], node) {
			if (dev && ppp->ifindex != dev->ifindex)
				continue;
			hlist_del_rcu(&ppp->node);
			kfree_rcu(ppp, rcu);
		}
	}
}

void knat_fastppp_refresh(struct knat_net *kn, struct net_device *dev)
{
	lockdep_assert_held(&kn->fast_lock);

	if (!kn->fastppps || dev->type != ARPHRD_PPP)
		return;
	ppp_forget(kn, dev);
	rcu_read_lock();
	ppp_note(kn, dev);
	rcu_read_unlock();
}

struct net_device *knat_fastppp_find(const struct knat_net *kn,
				     const struct net_device *beneath, u16 sid,
				     const u8 *remote)
{
	struct knat_fastppp wanted = { .beneath = beneath->ifindex, .sid = sid };
	struct knat_fastppp *ppp, told;
	struct net_device *dev;
	bool live;

	ether_addr_copy(wanted.remote, remote);
	hlist_for_each_entry_rcu(ppp, ppp_bucket(kn, sid), node)
		if (ppp_same(ppp, &wanted))
			break;
	if (!ppp)
		return NULL;
	dev = dev_get_by_index_rcu(kn->net, ppp->ifindex);
	if (!dev)
		return NULL;
	if ((u32)jiffies - READ_ONCE(ppp->stamp) >= HZ) {
		live = ppp_ask(dev, &told) && ppp_same(ppp, &told);
		WRITE_ONCE(ppp->live, live);
		WRITE_ONCE(ppp->stamp, (u32)jiffies);
	}
	return READ_ONCE(ppp->live) ? dev : NULL;
}

int knat_fastppp_init(struct knat_net *kn)
{
	struct net_device *dev;

	lockdep_assert_held(&kn->fast_lock);

	if (kn->fastppps)
		return 0;
	kn->fastppps = kvzalloc(sizeof(*kn->fastppps), GFP_KERNEL_ACCOUNT);
	if (!kn->fastppps)
		return -ENOMEM;
	rcu_read_lock();
	for_each_netdev_rcu(kn->net, dev)
		ppp_note(kn, dev);
	rcu_read_unlock();
	return 0;
}

void knat_fastppp_exit(struct knat_net *kn)
{
	if (kn->fastppps)
		ppp_forget(kn, NULL);
	kvfree(kn->fastppps);
}
