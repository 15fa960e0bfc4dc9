/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: pools, a set of outside addresses with a port range and settings.
 *
 * A masquerade rule has a pool of its own, without a name, that holds the
 * address of the outside device. All is written under kn->config_lock. The
 * packet path finds a pool through the view or a subscriber, under RCU; the
 * settings may change under it (READ_ONCE), the addresses are replaced whole.
 * A pool is freed after a sweep has taken its mappings and a grace period.
 */
#ifndef _KNAT_POOL_H
#define _KNAT_POOL_H

#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include "addr.h"
#include "uapi/knat.h"

/**
 * struct knat_pool_conf - the settings of a pool
 * @port_first: lowest port handed out
 * @port_last: highest
 * @mss_clamp: KNAT_MSS_CLAMP_OFF, KNAT_MSS_CLAMP_PMTU or bytes
 * @limit: mappings a subscriber, 0: no limit
 * @sessions: sessions a subscriber, 0: KNAT_SESSIONS_PER_MAPPING for each of @limit
 * @rate: new mappings a second of a subscriber, 0: any number
 * @session_rate: new sessions a second of a subscriber, 0: any number
 * @mapping: enum knat_mapping_mode
 * @filtering: enum knat_filtering_mode
 * @alloc: enum knat_alloc_mode
 * @pairing: enum knat_pairing
 * @parity: enum knat_parity
 * @hairpin: hairpinning is allowed
 */
struct knat_pool_conf {
	u16	port_first;
	u16	port_last;
	u16	mss_clamp;
	u32	limit;
	u32	sessions;
	u32	rate;
	u32	session_rate;
	u8	mapping;
	u8	filtering;
	u8	alloc;
	u8	pairing;
	u8	parity;
	bool	hairpin;
};

extern const struct knat_pool_conf knat_pool_defaults;

/**
 * struct knat_pool_addrs - the addresses of a pool
 * @rcu: frees it
 * @nr: how many
 * @addr: in ascending order
 */
struct knat_pool_addrs {
	struct rcu_head		rcu;
	u32			nr;
	struct knat_addr	*addr[];
};

/**
 * struct knat_pool - a pool
 * @list: in kn->pools (pools with a name)
 * @rcu: frees it
 * @name: empty for the pool of a masquerade rule
 * @conf: settings
 * @next: those that it is about to have, while it is set (config_lock)
 * @addrs: addresses; NULL or empty while there is none
 * @ranges: as configured, ascending (config_lock)
 * @nr_ranges: how many
 * @rules: rules that use it (config_lock)
 * @sessions_first: there may be mappings whose sessions decide: mapping or
 *	filtering depends on the remote end, or did (config_lock)
 * @mappings: dynamic mappings now, the resting ones not counted; the sum over the
 *	CPUs, which all open mappings of one pool
 * @hosts: subscribers now
 */
struct knat_pool {
	struct list_head		list;
	struct rcu_head			rcu;
	char				name[KNAT_NAME_MAX + 1];
	struct knat_pool_conf		conf;
	const struct knat_pool_conf	*next;
	struct knat_pool_addrs __rcu	*addrs;
	struct knat_addr_range		*ranges;
	u32				nr_ranges;
	u32				rules;
	bool				sessions_first;
	int __percpu			*mappings;
	atomic_t			hosts;
};

/* An address that has left a pool: its mappings are to go (kn->leaving). */
struct knat_leaving {
	struct list_head	list;
	struct knat_pool	*pool;
	struct knat_addr	*addr;
};

/* All under kn->config_lock. @extack is filled in on error; the caller has
 * pointed it at the attribute where one is to blame.
 */
struct knat_pool *knat_pool_find(struct knat_net *kn, const char *name);

/**
 * struct knat_pool_turn - what a pool is about to be
 * @conf: settings
 * @ranges: as configured before, NULL: they stay
 * @nr_ranges: how many
 * @addrs: new addresses, NULL: they stay
 * @leaving: struct knat_leaving of the addresses it has
 */
struct knat_pool_turn {
	struct knat_pool_conf	conf;
	struct knat_addr_range	*ranges;
	u32			nr_ranges;
	struct knat_pool_addrs	*addrs;
	struct list_head	leaving;
};

/* Make a pool, which no packet finds before a rule names it. @ranges must be
 * valid unicast, any order; overlaps among them or too many addresses are
 * refused. What it may share with nothing else is for knat_pool_check(), when
 * all pools are as they will be; then its ports are opened.
 */
struct knat_pool *knat_pool_add(struct knat_net *kn, const char *name,
				const struct knat_pool_conf *conf,
				const struct knat_addr_range *ranges,
				u32 nr_ranges, struct netlink_ext_ack *extack);
int knat_pool_check(struct knat_net *kn, const struct knat_pool *pool,
		    struct netlink_ext_ack *extack);
void knat_pool_open(struct knat_pool *pool);
/* Change a pool; @ranges NULL: the addresses stay. Packets see nothing of it
 * before it is turned, which cannot fail; or it is not turned and all is as it
 * was. Addresses that it has no more are on kn->leaving then.
 */
int knat_pool_set(struct knat_net *kn, struct knat_pool *pool,
		  const struct knat_pool_conf *conf,
		  const struct knat_addr_range *ranges, u32 nr_ranges,
		  struct knat_pool_turn *turn, struct netlink_ext_ack *extack);
void knat_pool_turn(struct knat_net *kn, struct knat_pool *pool,
		    struct knat_pool_turn *turn);
void knat_pool_unset(struct knat_net *kn, struct knat_pool *pool,
		     struct knat_pool_turn *turn);
/* Does it have an address of these, in host order? */
bool knat_pool_meets(const struct knat_pool *pool, u32 first, u32 last);

/* Dynamic mappings now. */
u32 knat_pool_mappings(const struct knat_pool *pool);

/* The address @addr among @addrs and its place, or NULL. */
struct knat_addr *knat_pool_addrs_find(const struct knat_pool_addrs *addrs,
				       __be32 addr, u32 *slot);

/* Drop what is on kn->leaving. */
void knat_pool_leave(struct knat_net *kn);

/* The nameless pool of a masquerade rule. */
struct knat_pool *knat_pool_new(const struct knat_pool_conf *conf);
/* Give it one address, or none (0): 0 or -ENOMEM. */
int knat_pool_set_addr(struct knat_net *kn, struct knat_pool *pool,
		       __be32 addr);
/* Is @addr (or none, if 0) all it has? */
bool knat_pool_has_addr(const struct knat_pool *pool, __be32 addr);
/* Take its mappings away and free it; no view may name it any more. Call
 * knat_publish() when done.
 */
void knat_pool_destroy(struct knat_net *kn, struct knat_pool *pool);

#endif /* _KNAT_POOL_H */
