/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: subscribers. One inside address in one pool: its paired outside
 * address (RFC 4787 REQ-2) and how many mappings and sessions it holds.
 *
 * Found under RCU. kn->host_lock (spinlock, softirq off) is held to insert
 * and to remove; @refs counts mappings, those with a resting port included.
 */
#ifndef _KNAT_HOST_H
#define _KNAT_HOST_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct knat_addr;
struct knat_net;
struct knat_pool;
struct knat_pool_addrs;

/**
 * struct knat_rate - how many new ones there were in this second
 * @word: jiffies when it began, and the number, in its lower half
 */
struct knat_rate {
	atomic64_t		word;
};

/**
 * struct knat_host - a subscriber
 * @node: link in kn->hosts
 * @pool: key, with @addr
 * @in_addr: inside address
 * @refs: mappings, resting ones included
 * @mappings: live mappings
 * @sessions: live sessions of these, permissions aside
 * @paired: outside address (kn->host_lock to write)
 * @slot: where @paired stood in the pool's addresses when last looked at
 * @refused: new mappings and sessions that it was refused
 * @new_mappings: mappings of this second (RFC 6888 REQ-4c)
 * @new_sessions: sessions of this second (RFC 6888 REQ-5b)
 * @rcu: frees it
 */
struct knat_host {
	struct rhash_head	node;
	struct knat_pool	*pool;
	__be32			in_addr;
	refcount_t		refs;
	atomic_t		mappings;
	atomic_t		sessions;
	__be32			paired;
	u32			slot;
	atomic_t		refused;
	struct knat_rate	new_mappings;
	struct knat_rate	new_sessions;
	struct rcu_head		rcu;
};

int knat_host_table_init(struct knat_net *kn);
void knat_host_table_exit(struct knat_net *kn);

/* The subscriber, or NULL. Under RCU. */
struct knat_host *knat_host_find(struct knat_net *kn, struct knat_pool *pool,
				 __be32 in_addr);
/* Find or make the subscriber and take a reference, or an ERR_PTR. Softirq
 * off, under RCU.
 */
struct knat_host *knat_host_get(struct knat_net *kn, struct knat_pool *pool,
				__be32 in_addr);
/* The address that it is paired with now: which one of @addrs (not empty). */
u32 knat_host_addr(struct knat_net *kn, struct knat_host *host,
		   const struct knat_pool_addrs *addrs);
/* May there be one more in this second, of @max (0: of any number)? The second
 * that is counted in begins with the first one after the last such second.
 */
bool knat_rate_allows(const struct knat_rate *rate, u32 max);
/* There is one more. */
void knat_rate_take(struct knat_rate *rate, u32 max);
void knat_host_put(struct knat_net *kn, struct knat_host *host);

#endif /* _KNAT_HOST_H */
