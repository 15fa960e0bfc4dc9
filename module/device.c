// SPDX-License-Identifier: GPL-2.0
/* knat: outside devices, followed as they and their addresses change. */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "compat.h"
#include "fastpath.h"
#include "net.h"
#include "publish.h"
#include "rule.h"
#include "static_dev.h"

/* The address that a device masquerades with: its first global one. */
static __be32 device_addr(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev || !(dev->flags & IFF_UP))
		return 0;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (ifa->ifa_scope == RT_SCOPE_UNIVERSE &&
		    !(ifa->ifa_flags & IFA_F_SECONDARY))
			return ifa->ifa_local;
	return 0;
}

/* Look the device up by name: true if something is not as it was. */
static bool outdev_bind(struct knat_net *kn, struct knat_outdev *outdev,
			const struct net_device *leaving)
{
	const struct net_device *dev;
	int ifindex = 0;
	__be32 addr = 0;
	bool changed;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(kn->net, outdev->name);
	if (dev && dev != leaving) {
		ifindex = dev->ifindex;
		addr = device_addr(dev);
	}
	rcu_read_unlock();
	changed = outdev->ifindex != ifindex || outdev->addr != addr;
	outdev->ifindex = ifindex;
	outdev->addr = addr;
	return changed;
}

struct knat_outdev *knat_outdev_get(struct knat_net *kn, const char *name,
				    struct netlink_ext_ack *extack)
{
	struct knat_outdev *outdev;
	u16 realm;
	int err;

	lockdep_assert_held(&kn->config_lock);

	list_for_each_entry(outdev, &kn->outdevs, list) {
		if (!strcmp(outdev->name, name)) {
			outdev->users++;
			return outdev;
		}
	}
	err = knat_net_start(kn);
	if (err)
		return ERR_PTR(err);
	outdev = kzalloc(sizeof(*outdev), GFP_KERNEL_ACCOUNT);
	if (!outdev)
		return ERR_PTR(-ENOMEM);
	strscpy(outdev->name, name, sizeof(outdev->name));
	outdev_bind(kn, outdev, NULL);
	realm = knat_realm_get(kn, extack);
	if (!realm) {
		kfree(outdev);
		return ERR_PTR(-ENOSPC);
	}
	outdev->realm = realm;
	outdev->users = 1;
	kn->view_changed = true;
	list_add_tail(&outdev->list, &kn->outdevs);
	return outdev;
}

void knat_outdev_put(struct knat_net *kn, struct knat_outdev *outdev)
{
	lockdep_assert_held(&kn->config_lock);

	if (--outdev->users)
		return;
	list_del(&outdev->list);
	kn->view_changed = true;
	knat_realm_put(kn, outdev->realm);
	kfree(outdev);
}

void knat_outdev_rebind(struct knat_net *kn, const struct net_device *leaving)
{
	struct knat_outdev *outdev;
	struct knat_rule *rule;
	bool changed;

	lockdep_assert_held(&kn->config_lock);

	changed = kn->nr_loose || kn->unbound;
	list_for_each_entry(outdev, &kn->outdevs, list)
		changed |= outdev_bind(kn, outdev, leaving);
	if (!changed)
		return;
	kn->unbound = false;
	list_for_each_entry(rule, &kn->rules, list)
		if (rule->action == KNAT_ACTION_MASQUERADE &&
		    !knat_pool_has_addr(rule->pool, rule->outdev->addr) &&
		    knat_pool_set_addr(kn, rule->pool, rule->outdev->addr))
			kn->unbound = true;
	if (!knat_static_rebind(kn))
		kn->unbound = true;
	kn->view_changed = true;
	knat_publish(kn, NULL);
	/* Mappings go without holding up who changes the address. */
	if (!list_empty(&kn->leaving))
		queue_work(system_dfl_wq, &kn->gone);
}

/* With rtnl held: if somebody is configuring, a work item waits for the end. */
static void outdev_refresh(struct knat_net *kn,
			   const struct net_device *leaving)
{
	if (!mutex_trylock(&kn->config_lock)) {
		queue_work(system_dfl_wq, &kn->gone);
		return;
	}
	knat_outdev_rebind(kn, leaving);
	mutex_unlock(&kn->config_lock);
}

void knat_outdev_check(struct knat_net *kn)
{
	if (!READ_ONCE(kn->unbound))
		return;
	mutex_lock(&kn->config_lock);
	knat_outdev_rebind(kn, NULL);
	mutex_unlock(&kn->config_lock);
}

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct knat_net *kn = knat_net(dev_net(dev));

	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGENAME:
		outdev_refresh(kn, NULL);
		knat_fastdev_refresh(kn, dev, NULL);
		break;
	case NETDEV_UNREGISTER:
		outdev_refresh(kn, dev);
		knat_fastdev_refresh(kn, dev, dev);
		break;
	}
	return NOTIFY_DONE;
}

static int inetaddr_event(struct notifier_block *nb, unsigned long event,
			  void *ptr)
{
	struct in_ifaddr *ifa = ptr;

	outdev_refresh(knat_net(dev_net(ifa->ifa_dev->dev)), NULL);
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call	= netdev_event,
};

static struct notifier_block inetaddr_notifier = {
	.notifier_call	= inetaddr_event,
};

int knat_device_init(void)
{
	int err = register_netdevice_notifier(&netdev_notifier);

	if (err)
		return err;
	err = register_inetaddr_notifier(&inetaddr_notifier);
	if (err)
		unregister_netdevice_notifier(&netdev_notifier);
	return err;
}

void knat_device_exit(void)
{
	unregister_inetaddr_notifier(&inetaddr_notifier);
	unregister_netdevice_notifier(&netdev_notifier);
}
