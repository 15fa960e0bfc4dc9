/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: changes of the configuration, one or many, done all or none.
 *
 * Each change is made in the lists of the configuration at once, where the
 * checks of later ones find it, with all memory that it needs, and is noted.
 * Packets see nothing of that. If one is refused, all before it are taken back
 * in reverse order. At the end what packets read is made anew; from the first
 * of it that is published on nothing can fail. The hooks of the fast path are
 * the last that may: packets can take them a moment before.
 *
 * Removals come before everything else. Under kn->config_lock.
 */
#ifndef _KNAT_APPLY_H
#define _KNAT_APPLY_H

#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include "addr.h"
#include "uapi/knat.h"

struct knat_fastdev;
struct knat_net;
struct knat_pool;
struct knat_pool_conf;
struct knat_rule;
struct knat_static;
struct knat_static_turn;

/**
 * struct knat_apply - changes on their way
 * @kn: the namespace
 * @extack: says why one is refused
 * @changes: struct knat_change, in order
 * @blame: the attribute of the change at hand, for errors that come later
 * @trusted: who asks has rights over the machine, not the namespace alone
 * @lenient: devices that are not there may be named
 * @has_config: a setting is changed
 * @config: the values, where @config_given
 * @config_given: which settings are changed
 */
struct knat_apply {
	struct knat_net			*kn;
	struct netlink_ext_ack		*extack;
	struct list_head		changes;
	const struct nlattr		*blame;
	bool				trusted;
	bool				lenient;
	bool				has_config;
	u32				config[KNAT_A_CONFIG_MAX + 1];
	bool				config_given[KNAT_A_CONFIG_MAX + 1];
};

void knat_apply_begin(struct knat_apply *apply, struct knat_net *kn,
		      struct netlink_ext_ack *extack);
/* Do all of it, or, after an error, nothing: 0 or the error. */
int knat_apply_end(struct knat_apply *apply, int err);
/* Nothing of it, but would it have been done? 0 or the error. */
int knat_apply_check(struct knat_apply *apply, int err);

/* See rule.h, static.h, pool.h and fastpath.h for what they take. */
int knat_apply_rule_add(struct knat_apply *apply, const struct knat_rule *tmpl,
			const struct knat_pool_conf *conf);
int knat_apply_rule_del(struct knat_apply *apply, struct knat_rule *rule);
int knat_apply_static_add(struct knat_apply *apply,
			  const struct knat_static *conf, const char *dev);
int knat_apply_static_set(struct knat_apply *apply, struct knat_static *fixed,
			  const struct knat_static_turn *turn);
int knat_apply_static_del(struct knat_apply *apply, struct knat_static *fixed);
int knat_apply_pool_add(struct knat_apply *apply, const char *name,
			const struct knat_pool_conf *conf,
			const struct knat_addr_range *ranges, u32 nr_ranges);
int knat_apply_pool_set(struct knat_apply *apply, struct knat_pool *pool,
			const struct knat_pool_conf *conf,
			const struct knat_addr_range *ranges, u32 nr_ranges);
int knat_apply_pool_del(struct knat_apply *apply, struct knat_pool *pool);
int knat_apply_fastdev_add(struct knat_apply *apply, const char *name);
int knat_apply_fastdev_del(struct knat_apply *apply,
			   struct knat_fastdev *fastdev);
void knat_apply_config(struct knat_apply *apply, int attr, u32 value);

#endif /* _KNAT_APPLY_H */
