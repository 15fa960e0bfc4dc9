// SPDX-License-Identifier: GPL-2.0
/* knat: flowtables and nf_nat on the same traffic. */
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/string.h>
#include <net/netfilter/nf_conntrack.h>
#include "coexist.h"
#include "net.h"
#include "rule.h"

/* There is no list of flowtables to ask, and knat is not to depend on their
 * module: the hook is known by its name alone.
 */
static bool is_flowtable(const struct nf_hook_entry *entry)
{
	static const char name[] = "nf_flow_offload_";
	char symbol[sizeof(name) + 32];

	snprintf(symbol, sizeof(symbol), "%ps", entry->hook);
	return str_has_prefix(symbol, name);
}

static bool dev_has_flowtable(const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_INGRESS
	const struct nf_hook_entries *entries;
	u16 i;

	entries = rcu_dereference(dev->nf_hooks_ingress);
	for (i = 0; entries && i < entries->num_hook_entries; i++)
		if (is_flowtable(&entries->hooks[i]))
			return true;
#endif
	return false;
}

void knat_coexist_check(struct knat_net *kn)
{
	const struct knat_view *view;
	struct net_device *dev;
	u32 i;

	if (kn->told_flowtable)
		return;
	rcu_read_lock();
	view = rcu_dereference(kn->view);
	for (i = 0; view && i < view->nr_devs; i++) {
		dev = dev_get_by_index_rcu(kn->net, view->devs[i].ifindex);
		if (!dev || !dev_has_flowtable(dev))
			continue;
		kn->told_flowtable = true;
		pr_warn("knat: a flowtable on outside device %s forwards packets past knat, with their inside source: take the device out of the flowtable\n",
			dev->name);
		break;
	}
	rcu_read_unlock();
}

bool knat_coexist_nat(struct knat_net *kn, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	if (!ct || !test_bit(IPS_SRC_NAT_BIT, &ct->status))
		return false;
	if (!READ_ONCE(kn->told_nat)) {
		WRITE_ONCE(kn->told_nat, true);
		pr_warn("knat: nf_nat translates the source of traffic that a rule is for as well: its word stands, knat leaves these flows alone\n");
	}
	return true;
#else
	return false;
#endif
}
