/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the state of one network namespace.
 *
 * Locks, outermost first:
 *
 *   kn->config_lock	mutex; pools, rules, static mappings, settings and
 *			all that is derived from them (process context). It may
 *			be held for long: device notifiers, with rtnl, which the
 *			whole machine waits for, only try to take it
 *   rtnl		the kernel's; taken by device notifiers, before ours
 *   kn->fast_lock	mutex; devices with the fast path (process context)
 *   kn->wheel_lock	mutex; what hangs on the timing wheel (process context)
 *   host lock		spinlock, softirq off: kn->host_lock, subscribers
 *   ports lock		spinlock, softirq off: one for each (address,
 *			protocol), its port bitmap
 *   table buckets	bit spinlocks, inside the table functions
 *   hairpin lock	spinlock, softirq off: marks on bridges, see hairpin.h
 *   fragments lock	spinlock, softirq off: what is known of fragments, see
 *			frag.c
 *   event ring lock	spinlock, softirq off: writers of one ring, see event.h
 *
 * The packet path takes only the last six: those of fragments and of hairpins
 * on bridges for such packets, the others to open a flow. All it reads is under
 * RCU: kn->view and kn->addrs are replaced whole, mappings, sessions and
 * subscribers are freed a grace period after they left the tables.
 */
#ifndef _KNAT_NET_H
#define _KNAT_NET_H

#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/ratelimit_types.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include "config.h"
#include "event.h"
#include "reap.h"
#include "stats.h"
#include "table.h"
#include "unsolicited.h"
#include "wheel.h"

struct knat_addr_list;
struct knat_fastppps;
struct knat_fastroutes;
struct knat_frags;
struct knat_prefixes;
struct knat_view;
struct nf_hook_ops;

/**
 * struct knat_net - one namespace
 * @view: compiled rules, see rule.h; NULL while there is nothing to translate
 * @addrs: outside addresses, sorted, see addr.h; never NULL
 * @stats: counters
 * @config: settings by attribute, in their own units
 * @timeout: the same in jiffies, for those in seconds
 * @map_in: mappings by inside end and realm
 * @map_out: mappings by outside end
 * @session_in: sessions by inside end, remote end and realm
 * @session_out: sessions by outside and remote end
 * @hosts: subscribers by inside address and pool
 * @addr_table: outside addresses by address
 * @addr_all: all of them (config_lock)
 * @addr_nr: how many (config_lock)
 * @prefixes: one-to-one mappings, see prefix.h; NULL if there are none
 * @wheel: expiry, per CPU
 * @reap: entries that wait for a grace period
 * @events: what happened and is not sent yet
 * @frags: what is known of fragments, see frag.h
 * @refusals: of errors about new flows that are refused
 * @unsolicited: connection requests that wait for their answer
 * @fastroutes: what the fast path knows of routes, see fastroute.h; there before
 *	its first hook
 * @fastppps: what it knows of PPP devices, see fastppp.h; likewise
 * @host_lock: creation and removal of subscribers
 * @config_lock: see above
 * @fast_lock: see above
 * @wheel_lock: see above
 * @pools: struct knat_pool, in order of creation (config_lock)
 * @rules: struct knat_rule, by priority (config_lock)
 * @outdevs: struct knat_outdev, outside devices by name (config_lock)
 * @statics: struct knat_static, in order of creation (config_lock)
 * @statics_out: the same by outside end (config_lock)
 * @statics_in: those of whole addresses by inside address (config_lock)
 * @loose: struct knat_loose (config_lock)
 * @fastdevs: struct knat_fastdev, devices with the fast path (fast_lock)
 * @leaving: struct knat_leaving, addresses whose mappings @gone will drop
 *	(config_lock)
 * @addrs_changed: kn->addrs is out of date (config_lock)
 * @prefixes_changed: kn->prefixes is (config_lock)
 * @view_changed: kn->view is (config_lock)
 * @unbound: an address of a device could not be taken over for want of memory
 *	(config_lock to write)
 * @realms: bitmap of realm numbers in use (config_lock)
 * @hook_ops: the hooks, once there was something to translate (config_lock)
 * @hooked: they are registered (config_lock)
 * @nr_static: entries of static mappings in the tables
 * @nr_alias: those of them that only map_out has
 * @nr_loose: static mappings without a device (config_lock)
 * @nr_resting: dynamic mappings that are dead, and whose port rests
 * @generation: grows with every change, for dumps (config_lock)
 * @last_id: of the newest static mapping (config_lock)
 * @tick: runs the wheel every second
 * @gone: binds to devices what changed while somebody was configuring, and
 *	drops mappings of addresses that went away
 * @told_flowtable: the log has a word about flowtables
 * @told_nat: it has one about nf_nat
 * @net: the namespace itself
 * @stats_base: what stats reset subtracts
 * @dead: the namespace is going away (config_lock)
 */
struct knat_net {
	struct knat_view __rcu		*view;
	struct knat_addr_list __rcu	*addrs;
	struct knat_stats __percpu	*stats;
	u32				nr_static;
	u32				nr_alias;
	u32				config[KNAT_A_CONFIG_MAX + 1];
	u32				timeout[KNAT_A_CONFIG_MAX + 1];

	struct knat_table		map_in;
	struct knat_table		map_out;
	struct knat_table		session_in;
	struct knat_table		session_out;
	struct rhashtable		hosts;
	struct rhashtable		addr_table;
	struct list_head		addr_all;
	u32				addr_nr;
	struct knat_prefixes __rcu	*prefixes;

	struct knat_wheel		wheel;
	struct knat_reap		reap;
	struct knat_events		events;
	struct knat_frags		*frags;
	struct ratelimit_state		refusals;
	struct knat_unsolicited		unsolicited;
	struct knat_fastroutes		*fastroutes;
	struct knat_fastppps		*fastppps;

	spinlock_t			host_lock;	/* subscribers */
	struct mutex			config_lock;	/* configuration */
	struct mutex			fast_lock;	/* the fast path */
	struct mutex			wheel_lock;	/* the wheel */
	struct list_head		pools;
	struct list_head		rules;
	struct list_head		outdevs;
	struct list_head		statics;
	struct rb_root			statics_out;
	struct rb_root			statics_in;
	struct list_head		loose;
	struct list_head		fastdevs;
	struct list_head		leaving;
	unsigned long			*realms;
	u64				last_id;
	u32				nr_loose;
	atomic_t			nr_resting;
	u32				generation;
	bool				addrs_changed;
	bool				prefixes_changed;
	bool				view_changed;
	struct nf_hook_ops		*hook_ops;
	bool				unbound;
	bool				hooked;
	bool				dead;
	bool				told_flowtable;
	bool				told_nat;
	struct delayed_work		tick;
	struct work_struct		gone;
	struct net			*net;
	u64				stats_base[__KNAT_COUNTER_MAX];
};

struct knat_net *knat_net(const struct net *net);

/* Register or remove the hooks as rules and static mappings ask for it.
 * Caller holds kn->config_lock.
 */
int knat_hooks_update(struct knat_net *kn, bool want,
		      struct netlink_ext_ack *extack);

/* Make what only a namespace with a configuration needs. Caller holds
 * kn->config_lock.
 */
int knat_net_start(struct knat_net *kn);

/* Rules, pools, static mappings and all entries go. */
void knat_net_flush(struct knat_net *kn);

#endif /* _KNAT_NET_H */
