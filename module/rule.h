/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: rules and outside devices, and the view that the packet path reads.
 *
 * Rules are kept under kn->config_lock. After every change, and when a device
 * comes, goes or is renamed, knat_rule_publish() makes a new view of them;
 * packets read it under RCU.
 *
 * A realm is what an inside end may have only one mapping in: the outside
 * device, or, for rules that select by destination, the rule. Realm 0 is for
 * static mappings of an address, which hold on every outside device.
 */
#ifndef _KNAT_RULE_H
#define _KNAT_RULE_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include "pool.h"

#define KNAT_REALM_STATIC	0
#define KNAT_REALMS		65536

/**
 * struct knat_rule - a rule, as configured
 * @list: in kn->rules, by @prio, then by age
 * @prio: lower comes first
 * @oif: outside device
 * @src: source prefix, masked
 * @dst: destination prefix, masked
 * @src_len: 0-32
 * @dst_len: 0-32
 * @proto: IP protocol, 0: any
 * @action: enum knat_rule_action
 * @dport_first: first destination port, 0: any
 * @dport_last: last destination port
 * @realm: own realm, of rules with a destination; else that of the device
 * @pool: NULL for exempt
 * @outdev: the device
 */
struct knat_rule {
	struct list_head	list;
	u32			prio;
	char			oif[IFNAMSIZ];
	__be32			src;
	__be32			dst;
	u8			src_len;
	u8			dst_len;
	u8			proto;
	u8			action;
	u16			dport_first;
	u16			dport_last;
	u16			realm;
	struct knat_pool	*pool;
	struct knat_outdev	*outdev;
};

/**
 * struct knat_outdev - an outside device, named by rules or dev mappings
 * @list: in kn->outdevs
 * @name: its name; it need not exist
 * @ifindex: 0 while there is no device of that name
 * @addr: its first global address, 0 if none
 * @realm: mappings through this device
 * @users: rules and static mappings that name it
 */
struct knat_outdev {
	struct list_head	list;
	char			name[IFNAMSIZ];
	int			ifindex;
	__be32			addr;
	u16			realm;
	u32			users;
};

/**
 * struct knat_view_rule - a rule, compiled
 * @src: source prefix
 * @src_mask: its mask
 * @dst: destination prefix
 * @dst_mask: its mask
 * @pool: NULL: exempt
 * @realm: see above
 * @dport_first: first destination port
 * @dport_last: last destination port
 * @proto: 0: any
 */
struct knat_view_rule {
	__be32			src;
	__be32			src_mask;
	__be32			dst;
	__be32			dst_mask;
	struct knat_pool	*pool;
	u16			realm;
	u16			dport_first;
	u16			dport_last;
	u8			proto;
};

/**
 * struct knat_view_dev - an outside device, compiled
 * @ifindex: which
 * @realm: its realm
 * @by_rule: a rule selects by destination: match rules before the look-up
 * @nr_rules: number of rules
 * @rules: in order of priority
 */
struct knat_view_dev {
	int				ifindex;
	u16				realm;
	bool				by_rule;
	u32				nr_rules;
	const struct knat_view_rule	*rules;
};

/**
 * struct knat_view - what the packet path knows of the configuration
 * @rcu: frees it
 * @sessions_first: a pool depends on the endpoint, look sessions up first
 * @by_rule: a device has it
 * @nr_devs: number of devices
 * @devs: the outside devices that exist
 * @rules: all rules
 */
struct knat_view {
	struct rcu_head			rcu;
	bool				sessions_first;
	bool				by_rule;
	u32				nr_devs;
	struct knat_view_dev		*devs;
	struct knat_view_rule		*rules;
};

static inline const struct knat_view_dev *
knat_view_dev(const struct knat_view *view, int ifindex)
{
	u32 i;

	for (i = 0; i < view->nr_devs; i++)
		if (view->devs[i].ifindex == ifindex)
			return &view->devs[i];
	return NULL;
}

static inline const struct knat_view_rule *
knat_view_match(const struct knat_view_dev *dev, u8 proto,
		__be32 saddr, __be32 daddr, __be16 dport)
{
	u16 port = be16_to_cpu(dport);
	u32 i;

	for (i = 0; i < dev->nr_rules; i++) {
		const struct knat_view_rule *rule = &dev->rules[i];

		if (((saddr ^ rule->src) & rule->src_mask) ||
		    ((daddr ^ rule->dst) & rule->dst_mask) ||
		    (rule->proto && rule->proto != proto) ||
		    port < rule->dport_first || port > rule->dport_last)
			continue;
		return rule;
	}
	return NULL;
}

/* What maps such a packet when it leaves through @dev, see knat_far(). */
static inline u16
knat_view_realm(const struct knat_view_dev *dev, u8 proto,
		__be32 saddr, __be32 daddr, __be16 dport)
{
	const struct knat_view_rule *rule = NULL;

	if (dev->by_rule)
		rule = knat_view_match(dev, proto, saddr, daddr, dport);
	return rule ? rule->realm : dev->realm;
}

/* Does something that leaves through @dev have it? */
static inline bool knat_view_has_realm(const struct knat_view_dev *dev,
				       u16 realm)
{
	u32 i;

	if (realm == dev->realm)
		return true;
	for (i = 0; dev->by_rule && i < dev->nr_rules; i++)
		if (dev->rules[i].realm == realm)
			return true;
	return false;
}

/* All under kn->config_lock; nothing of it is seen by packets before a view is
 * published.
 *
 * Make a rule, in its place among the others: @tmpl has selectors and action,
 * and the @pool of KNAT_ACTION_POOL; @conf is for KNAT_ACTION_MASQUERADE.
 */
struct knat_rule *knat_rule_new(struct knat_net *kn,
				const struct knat_rule *tmpl,
				const struct knat_pool_conf *conf,
				struct netlink_ext_ack *extack);
/* Do both select the same packets at the same place in the order? */
bool knat_rule_selects_same(const struct knat_rule *a,
			    const struct knat_rule *b);
struct knat_rule *knat_rule_find(struct knat_net *kn,
				 const struct knat_rule *rule);
/* Is an address of its source one of its pool? */
bool knat_rule_overlaps(const struct knat_rule *rule);
/* Out of the list: what it stood behind, for going back; behind those of its
 * priority; behind @prev.
 */
struct list_head *knat_rule_unlink(struct knat_net *kn,
				   struct knat_rule *rule);
void knat_rule_link(struct knat_net *kn, struct knat_rule *rule);
void knat_rule_relink(struct knat_net *kn, struct knat_rule *rule,
		      struct list_head *prev);
/* Once no view names it: with what it holds, and its mappings. */
void knat_rule_free(struct knat_net *kn, struct knat_rule *rule);

/* Make kn->view anew, in two steps of which only the first can fail. */
struct knat_view *knat_view_new(struct knat_net *kn);
void knat_view_publish(struct knat_net *kn, struct knat_view *view);
void knat_view_free(struct knat_view *view);
/* There is a static mapping whose answers only sessions can tell. */
void knat_view_alias(struct knat_net *kn);

/* A free realm number, or 0; and back, when its mappings are to go. */
u16 knat_realm_get(struct knat_net *kn, struct netlink_ext_ack *extack);
void knat_realm_put(struct knat_net *kn, u16 realm);

/* Outside devices, counted by use. */
struct knat_outdev *knat_outdev_get(struct knat_net *kn, const char *name,
				    struct netlink_ext_ack *extack);
void knat_outdev_put(struct knat_net *kn, struct knat_outdev *outdev);

/* A device or one of its addresses may have changed: bind rules and dev
 * mappings to it anew. @leaving is on its way out.
 */
void knat_outdev_rebind(struct knat_net *kn, const struct net_device *leaving);
/* Again what had no memory; called every second. */
void knat_outdev_check(struct knat_net *kn);

int knat_device_init(void);
void knat_device_exit(void);

#endif /* _KNAT_RULE_H */
