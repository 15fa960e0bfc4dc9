// SPDX-License-Identifier: GPL-2.0
/* knat: changes of the configuration, one or many, done all or none. */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "apply.h"
#include "fastpath.h"
#include "net.h"
#include "pool.h"
#include "publish.h"
#include "rule.h"
#include "static.h"
#include "static_entry.h"

enum change_kind {
	CHANGE_RULE_ADD,
	CHANGE_RULE_MOVE,
	CHANGE_RULE_DEL,
	CHANGE_STATIC_ADD,
	CHANGE_STATIC_SET,
	CHANGE_STATIC_DEL,
	CHANGE_POOL_ADD,
	CHANGE_POOL_SET,
	CHANGE_POOL_DEL,
	CHANGE_FASTDEV_ADD,
	CHANGE_FASTDEV_DEL,
};

/**
 * struct knat_change - a change that was made in the configuration
 * @list: in apply->changes
 * @kind: what was done
 * @moved: of a rule that was removed: it was added again
 * @blame: the attribute that asked for it, or NULL
 * @rule: what it was done to, of rules
 * @fixed: of static mappings
 * @pool: of pools
 * @fastdev: of devices with the fast path
 * @prev: of what was removed: what it stood behind
 * @turn: of a pool, or of the pool of a rule that was moved: what it will be
 * @static_turn: of a static mapping: the same
 */
struct knat_change {
	struct list_head		list;
	enum change_kind		kind;
	bool				moved;
	const struct nlattr		*blame;
	union {
		struct knat_rule	*rule;
		struct knat_static	*fixed;
		struct knat_pool	*pool;
		struct knat_fastdev	*fastdev;
	};
	struct list_head		*prev;
	union {
		struct knat_pool_turn	turn;
		struct knat_static_turn	static_turn;
	};
};

void knat_apply_begin(struct knat_apply *apply, struct knat_net *kn,
		      struct netlink_ext_ack *extack)
{
	memset(apply, 0, sizeof(*apply));
	apply->kn = kn;
	apply->extack = extack;
	INIT_LIST_HEAD(&apply->changes);
}

/* --- changes --- */

static bool change_removes(enum change_kind kind)
{
	return kind == CHANGE_RULE_DEL || kind == CHANGE_STATIC_DEL ||
	       kind == CHANGE_POOL_DEL || kind == CHANGE_FASTDEV_DEL;
}

/* A change that is about to be made, or the error that says why it is not. */
static struct knat_change *change_begin(struct knat_apply *apply,
					enum change_kind kind)
{
	struct knat_change *change;

	/* What is removed later could not go back to its place. */
	if (change_removes(kind) && !list_empty(&apply->changes) &&
	    !change_removes(list_last_entry(&apply->changes, struct knat_change,
					    list)->kind)) {
		NL_SET_ERR_MSG(apply->extack,
			       "removals must come before all other changes");
		return ERR_PTR(-EINVAL);
	}
	change = kzalloc(sizeof(*change), GFP_KERNEL_ACCOUNT);
	if (!change)
		return ERR_PTR(-ENOMEM);
	change->kind = kind;
	return change;
}

/* It is made, and noted; after an error it was not. */
static int change_end(struct knat_apply *apply, struct knat_change *change,
		      int err)
{
	if (err) {
		kfree(change);
		return err;
	}
	change->blame = apply->blame;
	list_add_tail(&change->list, &apply->changes);
	return 0;
}

/* Who types the name of a device wants one that is there. */
static int apply_names_dev(struct knat_apply *apply, const char *name)
{
	bool there;

	if (apply->lenient)
		return 0;
	rcu_read_lock();
	there = dev_get_by_name_rcu(apply->kn->net, name);
	rcu_read_unlock();
	if (there)
		return 0;
	NL_SET_ERR_MSG(apply->extack, "there is no device of this name");
	return -ENODEV;
}

static bool same_rule(const struct knat_rule *a, const struct knat_rule *b)
{
	return knat_rule_selects_same(a, b) && a->action == b->action &&
	       (a->action != KNAT_ACTION_POOL || a->pool == b->pool);
}

/* The rule was removed just before: it keeps its mappings, and gets another
 * place and, of masquerade, other settings.
 */
static int apply_rule_move(struct knat_apply *apply, struct knat_change *del,
			   const struct knat_pool_conf *conf)
{
	struct knat_change *change = change_begin(apply, CHANGE_RULE_MOVE);
	struct knat_rule *rule = del->rule;
	int err = 0;

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->rule = rule;
	if (rule->action == KNAT_ACTION_MASQUERADE)
		err = knat_pool_set(apply->kn, rule->pool, conf, NULL, 0,
				    &change->turn, apply->extack);
	if (!err) {
		del->moved = true;
		knat_rule_link(apply->kn, rule);
	}
	return change_end(apply, change, err);
}

int knat_apply_rule_add(struct knat_apply *apply, const struct knat_rule *tmpl,
			const struct knat_pool_conf *conf)
{
	struct knat_change *change;
	int err = apply_names_dev(apply, tmpl->oif);

	if (err)
		return err;
	list_for_each_entry(change, &apply->changes, list)
		if (change->kind == CHANGE_RULE_DEL && !change->moved &&
		    same_rule(change->rule, tmpl))
			return apply_rule_move(apply, change, conf);

	change = change_begin(apply, CHANGE_RULE_ADD);
	if (IS_ERR(change))
		return PTR_ERR(change);
	change->rule = knat_rule_new(apply->kn, tmpl, conf, apply->extack);
	return change_end(apply, change, PTR_ERR_OR_ZERO(change->rule));
}

int knat_apply_rule_del(struct knat_apply *apply, struct knat_rule *rule)
{
	struct knat_change *change = change_begin(apply, CHANGE_RULE_DEL);

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->rule = rule;
	change->prev = knat_rule_unlink(apply->kn, rule);
	return change_end(apply, change, 0);
}

int knat_apply_static_add(struct knat_apply *apply,
			  const struct knat_static *conf, const char *dev)
{
	struct knat_change *change;
	int err = dev ? apply_names_dev(apply, dev) : 0;

	if (err)
		return err;
	change = change_begin(apply, CHANGE_STATIC_ADD);
	if (IS_ERR(change))
		return PTR_ERR(change);
	change->fixed = knat_static_new(apply->kn, conf, dev, apply->extack);
	return change_end(apply, change, PTR_ERR_OR_ZERO(change->fixed));
}

int knat_apply_static_set(struct knat_apply *apply, struct knat_static *fixed,
			  const struct knat_static_turn *turn)
{
	struct knat_change *change = change_begin(apply, CHANGE_STATIC_SET);

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->fixed = fixed;
	change->static_turn = *turn;
	return change_end(apply, change, 0);
}

int knat_apply_static_del(struct knat_apply *apply, struct knat_static *fixed)
{
	struct knat_change *change = change_begin(apply, CHANGE_STATIC_DEL);

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->fixed = fixed;
	change->prev = knat_static_unlink(apply->kn, fixed);
	return change_end(apply, change, 0);
}

int knat_apply_pool_add(struct knat_apply *apply, const char *name,
			const struct knat_pool_conf *conf,
			const struct knat_addr_range *ranges, u32 nr_ranges)
{
	struct knat_change *change = change_begin(apply, CHANGE_POOL_ADD);

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->pool = knat_pool_add(apply->kn, name, conf, ranges, nr_ranges,
				     apply->extack);
	return change_end(apply, change, PTR_ERR_OR_ZERO(change->pool));
}

int knat_apply_pool_set(struct knat_apply *apply, struct knat_pool *pool,
			const struct knat_pool_conf *conf,
			const struct knat_addr_range *ranges, u32 nr_ranges)
{
	struct knat_change *change = change_begin(apply, CHANGE_POOL_SET);

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->pool = pool;
	return change_end(apply, change,
			  knat_pool_set(apply->kn, pool, conf, ranges,
					nr_ranges, &change->turn,
					apply->extack));
}

int knat_apply_pool_del(struct knat_apply *apply, struct knat_pool *pool)
{
	struct knat_change *change = change_begin(apply, CHANGE_POOL_DEL);

	if (IS_ERR(change))
		return PTR_ERR(change);
	if (pool->rules) {
		NL_SET_ERR_MSG(apply->extack,
			       "a rule uses the pool: delete the rule first");
		return change_end(apply, change, -EBUSY);
	}
	change->pool = pool;
	change->prev = pool->list.prev;
	list_del(&pool->list);
	return change_end(apply, change, 0);
}

int knat_apply_fastdev_add(struct knat_apply *apply, const char *name)
{
	struct knat_change *change;
	int err = apply_names_dev(apply, name);

	if (err)
		return err;
	change = change_begin(apply, CHANGE_FASTDEV_ADD);
	if (IS_ERR(change))
		return PTR_ERR(change);
	change->fastdev = knat_fastdev_new(apply->kn, name, apply->extack);
	return change_end(apply, change, PTR_ERR_OR_ZERO(change->fastdev));
}

int knat_apply_fastdev_del(struct knat_apply *apply,
			   struct knat_fastdev *fastdev)
{
	struct knat_change *change = change_begin(apply, CHANGE_FASTDEV_DEL);

	if (IS_ERR(change))
		return PTR_ERR(change);
	change->fastdev = fastdev;
	fastdev->deleted = true;
	return change_end(apply, change, 0);
}

void knat_apply_config(struct knat_apply *apply, int attr, u32 value)
{
	apply->has_config = true;
	apply->config[attr] = value;
	apply->config_given[attr] = true;
}

/* --- none of them --- */

static void change_undo(struct knat_net *kn, struct knat_change *change)
{
	switch (change->kind) {
	case CHANGE_RULE_ADD:
		knat_rule_unlink(kn, change->rule);
		knat_rule_free(kn, change->rule);
		break;
	case CHANGE_RULE_MOVE:
		if (change->rule->action == KNAT_ACTION_MASQUERADE)
			knat_pool_unset(kn, change->rule->pool, &change->turn);
		knat_rule_unlink(kn, change->rule);
		break;
	case CHANGE_RULE_DEL:
		knat_rule_relink(kn, change->rule, change->prev);
		break;
	case CHANGE_STATIC_ADD:
		knat_static_unlink(kn, change->fixed);
		knat_static_cancel(kn, change->fixed);
		break;
	case CHANGE_STATIC_SET:
		break;
	case CHANGE_STATIC_DEL:
		knat_static_relink(kn, change->fixed, change->prev);
		break;
	case CHANGE_POOL_ADD:
		list_del(&change->pool->list);
		knat_pool_destroy(kn, change->pool);
		break;
	case CHANGE_POOL_SET:
		knat_pool_unset(kn, change->pool, &change->turn);
		break;
	case CHANGE_POOL_DEL:
		list_add(&change->pool->list, change->prev);
		break;
	case CHANGE_FASTDEV_ADD:
		knat_fastdev_free(kn, change->fastdev);
		break;
	case CHANGE_FASTDEV_DEL:
		change->fastdev->deleted = false;
		break;
	}
}

static void apply_undo(struct knat_apply *apply)
{
	struct knat_change *change, *prev;

	list_for_each_entry_safe_reverse(change, prev, &apply->changes, list) {
		change_undo(apply->kn, change);
		list_del(&change->list);
		kfree(change);
	}
	/* What is published is as it was. */
	knat_publish(apply->kn, NULL);
}

/* --- all of them --- */

/* Only now that all pools are as they will be can it be said. */
static int apply_check_pools(struct knat_apply *apply)
{
	const struct knat_change *change;
	int err;

	list_for_each_entry(change, &apply->changes, list) {
		if (change->kind != CHANGE_POOL_ADD &&
		    (change->kind != CHANGE_POOL_SET || !change->turn.addrs))
			continue;
		err = knat_pool_check(apply->kn, change->pool, apply->extack);
		if (err) {
			if (change->blame)
				NL_SET_BAD_ATTR(apply->extack, change->blame);
			return err;
		}
	}
	return 0;
}

static int apply_ready(struct knat_apply *apply, struct knat_publication *pub)
{
	return apply_check_pools(apply) ?:
	       knat_publish_prepare(apply->kn, pub, apply->extack);
}

/* Those that were started stop when they are undone. */
static int apply_fastdevs(struct knat_apply *apply)
{
	const struct knat_change *change;
	int err;

	list_for_each_entry(change, &apply->changes, list) {
		if (change->kind != CHANGE_FASTDEV_ADD)
			continue;
		err = knat_fastdev_start(apply->kn, change->fastdev,
					 apply->extack);
		if (err) {
			NL_SET_BAD_ATTR(apply->extack, change->blame);
			return err;
		}
	}
	return 0;
}

static void apply_pools(struct knat_apply *apply)
{
	struct knat_change *change;

	list_for_each_entry(change, &apply->changes, list) {
		if (change->kind == CHANGE_POOL_ADD)
			knat_pool_open(change->pool);
		else if (change->kind == CHANGE_POOL_SET)
			knat_pool_turn(apply->kn, change->pool, &change->turn);
		else if (change->kind == CHANGE_RULE_MOVE &&
			 change->rule->action == KNAT_ACTION_MASQUERADE)
			knat_pool_turn(apply->kn, change->rule->pool,
				       &change->turn);
	}
}

static void apply_statics(struct knat_apply *apply)
{
	struct knat_change *change;
	LIST_HEAD(gone);

	list_for_each_entry(change, &apply->changes, list)
		if (change->kind == CHANGE_STATIC_DEL)
			list_add_tail(&change->fixed->list, &gone);
	knat_static_drop(apply->kn, &gone);

	list_for_each_entry(change, &apply->changes, list) {
		if (change->kind == CHANGE_STATIC_SET)
			knat_static_turn(apply->kn, change->fixed,
					 &change->static_turn);
		if (change->kind != CHANGE_STATIC_ADD)
			continue;
		if (!knat_static_enter(apply->kn, change->fixed))
			pr_warn_ratelimited("knat: a static mapping could not be entered: traffic takes its port again and again\n");
		knat_event_static(apply->kn, change->fixed,
				  KNAT_CMD_MAP_NEW_NTF, 0);
	}
}

/* What no packet finds any more */
static void apply_free(struct knat_apply *apply)
{
	struct knat_change *change, *next;

	list_for_each_entry_safe(change, next, &apply->changes, list) {
		if (change->kind == CHANGE_RULE_DEL && !change->moved)
			knat_rule_free(apply->kn, change->rule);
		else if (change->kind == CHANGE_POOL_DEL)
			knat_pool_destroy(apply->kn, change->pool);
		else if (change->kind == CHANGE_FASTDEV_DEL)
			knat_fastdev_free(apply->kn, change->fastdev);
		list_del(&change->list);
		kfree(change);
	}
}

static void apply_config(struct knat_apply *apply)
{
	int attr;

	if (!apply->has_config)
		return;
	for (attr = 1; attr <= KNAT_A_CONFIG_MAX; attr++)
		if (apply->config_given[attr])
			knat_config_set(apply->kn, attr, apply->config[attr]);
	knat_wheel_rearm(apply->kn);
}

int knat_apply_end(struct knat_apply *apply, int err)
{
	struct knat_net *kn = apply->kn;
	struct knat_publication pub;

	lockdep_assert_held(&kn->config_lock);

	err = err ?: apply_ready(apply, &pub);
	if (err)
		goto err_undo;
	err = apply_fastdevs(apply);
	if (err)
		goto err_publish;
	knat_publish_addrs(kn, &pub);
	apply_pools(apply);
	knat_publish_view(kn, &pub);
	apply_statics(apply);
	apply_free(apply);
	knat_pool_leave(kn);
	apply_config(apply);
	/* Addresses of what went: that they are still listed does no harm. */
	knat_publish(kn, NULL);
	return 0;

err_publish:
	knat_publish_cancel(kn, &pub);
err_undo:
	apply_undo(apply);
	return err;
}

int knat_apply_check(struct knat_apply *apply, int err)
{
	struct knat_publication pub;

	lockdep_assert_held(&apply->kn->config_lock);

	err = err ?: apply_ready(apply, &pub);
	if (!err)
		knat_publish_cancel(apply->kn, &pub);
	apply_undo(apply);
	return err;
}
