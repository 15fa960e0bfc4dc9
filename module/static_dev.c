// SPDX-License-Identifier: GPL-2.0
/* knat: the devices that static mappings hold on. */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/route.h>
#include "net.h"
#include "rule.h"
#include "static.h"
#include "static_dev.h"
#include "static_entry.h"

int knat_static_ifindex(struct knat_net *kn, __be32 addr)
{
	struct flowi4 fl4 = { .daddr = addr };
	struct net_device *dev;
	struct rtable *rt;
	int ifindex = 0;

	rcu_read_lock();
	dev = __ip_dev_find(kn->net, addr, false);
	if (dev)
		ifindex = dev->ifindex;
	rcu_read_unlock();
	if (ifindex)
		return ifindex;
	rt = ip_route_output_key(kn->net, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt) == -ENOBUFS || PTR_ERR(rt) == -ENOMEM ?
			-ENOMEM : 0;
	dev = rt->dst.dev;
	if (!(dev->flags & IFF_LOOPBACK))
		ifindex = dev->ifindex;
	ip_rt_put(rt);
	return ifindex;
}

/* The device mappings of @addr belong to: the one that has the address, else
 * the one that the route to it goes through, NULL if there is none. Want of
 * memory is an error: the mapping would hold on all devices.
 */
static struct knat_outdev *static_via(struct knat_net *kn, __be32 addr)
{
	int ifindex = knat_static_ifindex(kn, addr);
	struct knat_outdev *outdev;
	char name[IFNAMSIZ] = "";
	struct net_device *dev;

	if (ifindex < 0)
		return ERR_PTR(ifindex);
	rcu_read_lock();
	dev = ifindex ? dev_get_by_index_rcu(kn->net, ifindex) : NULL;
	if (dev)
		strscpy(name, dev->name, sizeof(name));
	rcu_read_unlock();
	if (!name[0])
		return NULL;
	outdev = knat_outdev_get(kn, name, NULL);
	return IS_ERR(outdev) && outdev != ERR_PTR(-ENOMEM) ? NULL : outdev;
}

static struct knat_loose *loose_get(struct knat_net *kn, __be32 in_addr)
{
	int ifindex = knat_static_ifindex(kn, in_addr);
	struct knat_loose *loose;

	if (ifindex < 0)
		return NULL;
	list_for_each_entry(loose, &kn->loose, list) {
		if (loose->ifindex == ifindex) {
			loose->held++;
			return loose;
		}
	}
	loose = kzalloc(sizeof(*loose), GFP_KERNEL_ACCOUNT);
	if (!loose)
		return NULL;
	loose->ifindex = ifindex;
	loose->held = 1;
	list_add(&loose->list, &kn->loose);
	return loose;
}

static void loose_put(struct knat_loose *loose)
{
	if (--loose->held)
		return;
	list_del(&loose->list);
	kfree(loose);
}

/* Which devices are outside ones depends on where loose mappings lead to. */
void knat_loose_link(struct knat_net *kn, struct knat_loose *loose)
{
	if (!loose->linked++ || !kn->nr_loose)
		kn->view_changed = true;
	kn->nr_loose++;
}

void knat_loose_unlink(struct knat_net *kn, struct knat_loose *loose)
{
	kn->nr_loose--;
	if (!--loose->linked || !kn->nr_loose)
		kn->view_changed = true;
}

int knat_static_devs_get(struct knat_net *kn, struct knat_static *fixed)
{
	fixed->via = static_via(kn, fixed->out_addr);
	if (IS_ERR(fixed->via)) {
		fixed->via = NULL;
		return -ENOMEM;
	}
	if (fixed->via)
		return 0;
	fixed->loose = loose_get(kn, fixed->in_addr);
	return fixed->loose ? 0 : -ENOMEM;
}

void knat_static_devs_put(struct knat_net *kn, struct knat_static *fixed)
{
	if (fixed->loose)
		loose_put(fixed->loose);
	if (fixed->outdev)
		knat_outdev_put(kn, fixed->outdev);
	if (fixed->via)
		knat_outdev_put(kn, fixed->via);
}

/* Another device may lead to its inside now. */
static void static_reloose(struct knat_net *kn, struct knat_static *fixed)
{
	struct knat_loose *loose = loose_get(kn, fixed->in_addr);

	if (!loose)
		return;
	knat_loose_unlink(kn, fixed->loose);
	loose_put(fixed->loose);
	fixed->loose = loose;
	knat_loose_link(kn, loose);
}

/* Its entries are where its device's address is. */
static bool static_bound(const struct knat_static *fixed)
{
	return !fixed->outdev ||
	       (fixed->out_addr == fixed->outdev->addr &&
		(fixed->addr || !fixed->out_addr));
}

bool knat_static_rebind(struct knat_net *kn)
{
	struct knat_static *fixed;
	bool done = true;

	list_for_each_entry(fixed, &kn->statics, list) {
		if (fixed->loose)
			static_reloose(kn, fixed);
		if (static_bound(fixed))
			continue;
		knat_static_unmap(kn, fixed);
		fixed->out_addr = fixed->outdev->addr;
		if (!fixed->out_addr)
			continue;
		if (knat_static_reserve(kn, fixed))
			done = false;
		else if (!knat_static_enter(kn, fixed))
			pr_warn_ratelimited("knat: a static mapping of %s could not move to its new address: its port is in use\n",
					    fixed->outdev->name);
	}
	return done;
}
