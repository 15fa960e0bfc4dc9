// SPDX-License-Identifier: GPL-2.0
/* knat: rules, and the view of them that packets read. */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "map.h"
#include "net.h"
#include "rule.h"
#include "static_dev.h"

/* Realm numbers: one for each outside device and each rule by destination. */
u16 knat_realm_get(struct knat_net *kn, struct netlink_ext_ack *extack)
{
	u32 realm = find_next_zero_bit(kn->realms, KNAT_REALMS,
				       KNAT_REALM_STATIC + 1);

	if (realm >= KNAT_REALMS) {
		NL_SET_ERR_MSG(extack, "too many rules and outside devices");
		return 0;
	}
	__set_bit(realm, kn->realms);
	return realm;
}

static bool realm_map(const struct knat_map *map, void *arg)
{
	return map->far.realm == *(u16 *)arg;
}

/* Before a number can be used again no mapping may bear it. */
void knat_realm_put(struct knat_net *kn, u16 realm)
{
	struct knat_sweep sweep = { .map = realm_map, .arg = &realm };

	knat_wheel_settle(kn, &sweep);
	__clear_bit(realm, kn->realms);
}

bool knat_rule_selects_same(const struct knat_rule *a,
			    const struct knat_rule *b)
{
	return a->prio == b->prio && !strcmp(a->oif, b->oif) &&
	       a->src == b->src && a->src_len == b->src_len &&
	       a->dst == b->dst && a->dst_len == b->dst_len &&
	       a->dport_first == b->dport_first &&
	       a->dport_last == b->dport_last &&
	       a->proto == b->proto;
}

/* Then an inside end may have a mapping by this rule and one by another. */
static bool rule_by_destination(const struct knat_rule *rule)
{
	return rule->dst_len || rule->dport_first;
}

struct knat_rule *knat_rule_find(struct knat_net *kn,
				 const struct knat_rule *rule)
{
	struct knat_rule *old;

	list_for_each_entry(old, &kn->rules, list)
		if (knat_rule_selects_same(old, rule))
			return old;
	return NULL;
}

void knat_rule_relink(struct knat_net *kn, struct knat_rule *rule,
		      struct list_head *prev)
{
	list_add(&rule->list, prev);
	if (rule->action == KNAT_ACTION_POOL)
		rule->pool->rules++;
	kn->view_changed = true;
}

void knat_rule_link(struct knat_net *kn, struct knat_rule *rule)
{
	struct knat_rule *old;

	list_for_each_entry(old, &kn->rules, list)
		if (old->prio > rule->prio)
			break;
	knat_rule_relink(kn, rule, old->list.prev);
}

struct list_head *knat_rule_unlink(struct knat_net *kn, struct knat_rule *rule)
{
	struct list_head *prev = rule->list.prev;

	list_del(&rule->list);
	if (rule->action == KNAT_ACTION_POOL)
		rule->pool->rules--;
	kn->view_changed = true;
	return prev;
}

void knat_rule_free(struct knat_net *kn, struct knat_rule *rule)
{
	if (rule->realm)
		knat_realm_put(kn, rule->realm);
	if (rule->action == KNAT_ACTION_MASQUERADE)
		knat_pool_destroy(kn, rule->pool);
	knat_outdev_put(kn, rule->outdev);
	kfree(rule);
}

/* An address is not inside and outside at once (RFC 3022 section 5.1). */
bool knat_rule_overlaps(const struct knat_rule *rule)
{
	u32 first = ntohl(rule->src);
	u32 last = first | ~ntohl(inet_make_mask(rule->src_len));

	return rule->action == KNAT_ACTION_POOL && rule->src_len &&
	       knat_pool_meets(rule->pool, first, last);
}

struct knat_rule *knat_rule_new(struct knat_net *kn,
				const struct knat_rule *tmpl,
				const struct knat_pool_conf *conf,
				struct netlink_ext_ack *extack)
{
	struct knat_rule *rule;
	int err;

	lockdep_assert_held(&kn->config_lock);

	if (knat_rule_find(kn, tmpl)) {
		NL_SET_ERR_MSG(extack,
			       "a rule with this priority and these selectors exists already: rule del, or another prio");
		return ERR_PTR(-EEXIST);
	}
	if (knat_rule_overlaps(tmpl)) {
		NL_SET_ERR_MSG(extack,
			       "the pool holds addresses of this src: an address must be inside or outside, not both");
		return ERR_PTR(-EINVAL);
	}
	rule = kmemdup(tmpl, sizeof(*rule), GFP_KERNEL_ACCOUNT);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	rule->realm = 0;
	rule->outdev = knat_outdev_get(kn, rule->oif, extack);
	if (IS_ERR(rule->outdev)) {
		err = PTR_ERR(rule->outdev);
		goto err_rule;
	}
	if (rule_by_destination(rule)) {
		err = -ENOSPC;
		rule->realm = knat_realm_get(kn, extack);
		if (!rule->realm)
			goto err_outdev;
	}
	if (rule->action == KNAT_ACTION_MASQUERADE) {
		err = -ENOMEM;
		rule->pool = knat_pool_new(conf);
		if (!rule->pool)
			goto err_realm;
		err = knat_pool_set_addr(kn, rule->pool, rule->outdev->addr);
		if (err)
			goto err_pool;
	}
	knat_rule_link(kn, rule);
	return rule;

err_pool:
	knat_pool_destroy(kn, rule->pool);
err_realm:
	if (rule->realm)
		knat_realm_put(kn, rule->realm);
err_outdev:
	knat_outdev_put(kn, rule->outdev);
err_rule:
	kfree(rule);
	return ERR_PTR(err);
}

static void view_free(struct rcu_head *rcu)
{
	struct knat_view *view = container_of(rcu, struct knat_view, rcu);

	kvfree(view->rules);
	kfree(view->devs);
	kfree(view);
}

/* Do sessions decide, or will they? Mappings stay as they were made when that
 * changes.
 */
static bool pool_sessions_first(const struct knat_pool *pool)
{
	const struct knat_pool_conf *conf;

	if (!pool)
		return false;
	conf = pool->next ?: &pool->conf;
	return pool->sessions_first || conf->mapping != KNAT_MAPPING_EIM ||
	       conf->filtering != KNAT_FILTERING_EIF;
}

static void view_add_dev(struct knat_net *kn, struct knat_view *view,
			 const struct knat_outdev *outdev, u32 *nr_rules)
{
	struct knat_view_dev *dev = &view->devs[view->nr_devs++];
	struct knat_rule *rule;

	dev->ifindex = outdev->ifindex;
	dev->realm = outdev->realm;
	dev->rules = &view->rules[*nr_rules];
	list_for_each_entry(rule, &kn->rules, list) {
		struct knat_view_rule *r = &view->rules[*nr_rules];

		if (rule->outdev != outdev)
			continue;
		r->src = rule->src;
		r->src_mask = inet_make_mask(rule->src_len);
		r->dst = rule->dst;
		r->dst_mask = inet_make_mask(rule->dst_len);
		r->dport_first = rule->dport_first;
		r->dport_last = rule->dport_last ?: U16_MAX;
		r->proto = rule->proto;
		r->pool = rule->pool;
		r->realm = rule->realm ?: outdev->realm;
		dev->by_rule |= rule_by_destination(rule);
		view->by_rule |= dev->by_rule;
		dev->nr_rules++;
		++*nr_rules;
		view->sessions_first |= pool_sessions_first(r->pool);
	}
}

/* For static mappings that belong to no device in particular every device is
 * an outside one that does not lead to the inside of such a mapping.
 */
static bool view_loose(struct knat_net *kn, const struct knat_view *view,
		       const struct net_device *dev)
{
	const struct knat_loose *loose;

	if ((dev->flags & IFF_LOOPBACK) || knat_view_dev(view, dev->ifindex))
		return false;
	list_for_each_entry(loose, &kn->loose, list)
		if (loose->linked && loose->ifindex == dev->ifindex)
			return false;
	return true;
}

static void view_add_loose(struct knat_net *kn, struct knat_view *view, u32 max)
{
	struct net_device *dev;

	rcu_read_lock();
	for_each_netdev_rcu(kn->net, dev) {
		if (view->nr_devs == max)
			break;
		if (!view_loose(kn, view, dev))
			continue;
		view->devs[view->nr_devs].rules = view->rules;
		view->devs[view->nr_devs].realm = KNAT_REALM_STATIC;
		view->devs[view->nr_devs++].ifindex = dev->ifindex;
	}
	rcu_read_unlock();
}

static u32 count_netdevs(struct net *net)
{
	struct net_device *dev;
	u32 n = 0;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev)
		n++;
	rcu_read_unlock();
	return n;
}

struct knat_view *knat_view_new(struct knat_net *kn)
{
	u32 nr_devs = 0, nr_rules = 0;
	struct knat_outdev *outdev;
	struct knat_pool *pool;
	struct knat_rule *rule;
	struct knat_view *view;

	list_for_each_entry(outdev, &kn->outdevs, list)
		nr_devs++;
	list_for_each_entry(rule, &kn->rules, list)
		nr_rules++;
	if (kn->nr_loose)
		nr_devs += count_netdevs(kn->net);
	view = kzalloc(sizeof(*view), GFP_KERNEL_ACCOUNT);
	if (!view)
		return NULL;
	view->devs = kcalloc(nr_devs + 1, sizeof(*view->devs),
			     GFP_KERNEL_ACCOUNT);
	view->rules = kvcalloc(nr_rules + 1, sizeof(*view->rules),
			       GFP_KERNEL_ACCOUNT);
	if (!view->devs || !view->rules) {
		view_free(&view->rcu);
		return NULL;
	}
	nr_rules = 0;
	view->sessions_first = kn->nr_alias;
	/* Mappings of a pool may outlive the last rule that names it. */
	list_for_each_entry(pool, &kn->pools, list)
		view->sessions_first |= pool->sessions_first;
	list_for_each_entry(outdev, &kn->outdevs, list)
		if (outdev->ifindex)
			view_add_dev(kn, view, outdev, &nr_rules);
	if (kn->nr_loose)
		view_add_loose(kn, view, nr_devs);
	return view;
}

void knat_view_free(struct knat_view *view)
{
	if (view)
		view_free(&view->rcu);
}

void knat_view_publish(struct knat_net *kn, struct knat_view *view)
{
	struct knat_view *old;
	struct knat_rule *rule;

	lockdep_assert_held(&kn->config_lock);

	/* From now on packets make them. */
	list_for_each_entry(rule, &kn->rules, list)
		if (rule->outdev->ifindex && pool_sessions_first(rule->pool))
			rule->pool->sessions_first = true;
	kn->view_changed = false;
	old = rcu_replace_pointer(kn->view, view, true);
	if (old)
		call_rcu(&old->rcu, view_free);
}

void knat_view_alias(struct knat_net *kn)
{
	struct knat_view *view = rcu_dereference_protected(kn->view, true);

	WRITE_ONCE(view->sessions_first, true);
}
